package io.twinspan.drift;

import io.twinspan.internal.codec.Codec;
import io.twinspan.internal.codec.ValueException;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * The Java decoder for the fuzzer: reads {@code u32 count} and so many {@code u32 length, payload};
 * answers each with {@code u8 what, u32 length, bytes}: 0 and the bytes of what it decoded, 1 and
 * {@code kind, path, problem} with a byte FF between them, 2 and an exception that no input may
 * cause, 3 and why what it decoded can't be sent again.
 */
public final class Decoding {
    private Decoding() {}

    /**
     * Answers until the input ends.
     *
     * @param args none
     * @throws IOException when the other side is gone
     */
    public static void main(String[] args) throws IOException {
        DataInputStream in = new DataInputStream(new BufferedInputStream(System.in, 1 << 16));
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(System.out, 1 << 16));
        while (true) {
            int count;
            try {
                count = in.readInt();
            } catch (EOFException e) {
                return;
            }
            for (int i = 0; i < count; i++) {
                byte[] payload = new byte[in.readInt()];
                in.readFully(payload);
                answer(payload, out);
            }
            out.flush();
        }
    }

    private static void answer(byte[] payload, DataOutputStream out) throws IOException {
        int what;
        byte[] told;
        Object value = null;
        boolean decoded = false;
        try {
            value = Codec.decode(payload, Object.class);
            decoded = true;
            told = Codec.encodeValue(value);
            what = 0;
        } catch (ValueException e) {
            what = decoded ? 3 : 1;
            told = told(e);
        } catch (RuntimeException | Error e) {
            what = 2;
            StackTraceElement[] trace = e.getStackTrace();
            told =
                    (e + (trace.length > 0 ? " at " + trace[0] : ""))
                            .getBytes(StandardCharsets.UTF_8);
        }
        out.writeByte(what);
        out.writeInt(told.length);
        out.write(told);
    }

    private static byte[] told(ValueException e) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(e.kind().name().getBytes(StandardCharsets.UTF_8));
        out.write(0xff);
        out.writeBytes(e.path().getBytes(StandardCharsets.UTF_8));
        out.write(0xff);
        out.writeBytes(e.problem().getBytes(StandardCharsets.UTF_8));
        return out.toByteArray();
    }
}
