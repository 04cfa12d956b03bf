package io.twinspan.internal.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;

/** The check agrees with Java's own decoder. */
class Utf8Test {
    private static boolean byJava(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    private static void agrees(byte[] bytes) {
        byte[] around = new byte[bytes.length + 20];
        Arrays.fill(around, (byte) 0xff);
        System.arraycopy(bytes, 0, around, 7, bytes.length);
        assertEquals(
                byJava(bytes),
                Utf8.isValid(around, 7, 7 + bytes.length),
                () -> Arrays.toString(bytes));
    }

    @Test
    void everyPairAndWhatFollows() {
        byte[] ends = {0, 0x7f, (byte) 0x80, (byte) 0xbf, (byte) 0xc0, (byte) 0xff};
        for (int i = 0; i < 1 << 16; i++) {
            byte first = (byte) (i >> 8);
            byte second = (byte) i;
            agrees(new byte[] {first, second});
            for (byte third : ends) {
                agrees(new byte[] {first, second, third});
                agrees(new byte[] {first, second, third, (byte) 0x80});
            }
        }
    }

    @Test
    void longerOnes() {
        String text = "aé€😀".repeat(20);
        byte[] whole = text.getBytes(StandardCharsets.UTF_8);
        Random random = new Random(7);
        int valid = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes =
                    Arrays.copyOfRange(
                            whole, random.nextInt(12), whole.length - random.nextInt(12));
            if (i % 2 == 0) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            agrees(bytes);
            valid += byJava(bytes) ? 1 : 0;
        }
        assertTrue(valid > 500, "valid: " + valid);
    }

    @Test
    void aLongText() {
        String text = "aé€😀\uFFFD".repeat(5_000);
        assertEquals(text, Codec.decode(Codec.encodeValue(text), String.class));
    }
}
