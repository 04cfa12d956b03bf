package io.twinspan.internal.codec;

import io.twinspan.Member;
import io.twinspan.Node;
import io.twinspan.NodeRef;
import io.twinspan.ServiceRef;

import java.io.ByteArrayOutputStream;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * References as URIs, {@code twinspan://CLUSTER/KIND/NAME}. One reference has one URI; the core
 * reads and writes the same.
 */
public final class References {
    /** The word for services in a URI. */
    public static final String SERVICE = "service";

    /** The word for nodes in a URI. */
    public static final String NODE = "node";

    private static final String SCHEME = "twinspan://";

    /** Longest URI, in bytes. */
    private static final int LONGEST = 1024;

    private static final int LONGEST_SERVICE = 200;
    private static final Pattern CLUSTER = Pattern.compile("(?!.*\\.\\.)[a-z0-9][a-z0-9.-]{0,39}");
    private static final Pattern NODE_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

    /** Which letters there are beyond ASCII depends on the age of a JDK's tables. */
    private static final String PART = "[A-Za-z_[^\\x00-\\x7f]][A-Za-z0-9_[^\\x00-\\x7f]]*+";

    private static final Pattern SERVICE_NAME = Pattern.compile(PART + "(?:\\." + PART + ")*+");
    private static final String HEX = "0123456789ABCDEF";

    private References() {}

    /** The handler of a proxy that is a client of a service. */
    public interface Client extends InvocationHandler {
        /**
         * Where the service is.
         *
         * @return name of the cluster
         */
        String cluster();

        /**
         * What is called.
         *
         * @return name of the service
         */
        String service();
    }

    /**
     * Cluster and name of a URI.
     *
     * @param uri any text
     * @param kind the word of the kind that it must have
     * @return two names
     * @throws ValueException when it isn't the one URI of such a reference
     */
    public static String[] parse(String uri, String kind) {
        String[] parts = split(uri);
        if (!parts[1].equals(kind)) {
            throw ValueException.of("a reference to a " + parts[1]);
        }
        check(kind, parts[0], parts[2]);
        return new String[] {parts[0], parts[2]};
    }

    /**
     * Refuses what can't be the names of a reference.
     *
     * @param kind the word of its kind
     * @param cluster a cluster's name
     * @param name a service's or a node's name
     * @throws ValueException when one can't be
     */
    public static void check(String kind, String cluster, String name) {
        if (!CLUSTER.matcher(cluster).matches()) {
            throw ValueException.of(
                    "a reference to a " + kind + " whose cluster has no legal name");
        }
        boolean legal =
                kind.equals(NODE)
                        ? NODE_NAME.matcher(name).matches()
                        : name.length() <= LONGEST_SERVICE
                                && SERVICE_NAME.matcher(name).matches()
                                && utf8(name).remaining() <= LONGEST_SERVICE;
        if (!legal) {
            throw ValueException.of("a reference to a " + kind + " that has no legal name");
        }
    }

    /**
     * The URI of a reference whose names were checked.
     *
     * @param kind the word of its kind
     * @param cluster a cluster's name
     * @param name a service's or a node's name
     * @return the one way to write it
     */
    public static String uri(String kind, String cluster, String name) {
        StringBuilder out = new StringBuilder(SCHEME).append(cluster).append('/').append(kind);
        out.append('/');
        ByteBuffer bytes = utf8(name);
        while (bytes.hasRemaining()) {
            int one = bytes.get() & 0xff;
            if (isPlain(one)) {
                out.append((char) one);
            } else {
                out.append('%').append(HEX.charAt(one >> 4)).append(HEX.charAt(one & 15));
            }
        }
        return out.toString();
    }

    /**
     * What a client is sent as.
     *
     * @param value any object
     * @return null for one that is no client
     */
    public static ServiceRef of(Object value) {
        Client client = handler(value);
        return client == null ? null : new ServiceRef(client.cluster(), client.service());
    }

    /** The encoder of a class whose values are sent as references; null for any other. */
    static Encoder encoder(Class<?> type) {
        if (type == ServiceRef.class) {
            return (writer, value) -> write(writer, ((ServiceRef) value).uri());
        }
        if (type == NodeRef.class) {
            return (writer, value) -> write(writer, ((NodeRef) value).uri());
        }
        if (type == Member.class) {
            return (writer, value) -> write(writer, NodeRef.of((Member) value).uri());
        }
        if (type == Node.class) {
            return (writer, value) -> write(writer, NodeRef.of((Node) value).uri());
        }
        return null;
    }

    /** Writes a client; false for any other proxy, of which nothing is written. */
    static boolean client(Writer writer, Object proxy) {
        Client client = handler(proxy);
        if (client == null) {
            return false;
        }
        check(SERVICE, client.cluster(), client.service());
        write(writer, uri(SERVICE, client.cluster(), client.service()));
        return true;
    }

    private static Client handler(Object value) {
        return value != null
                        && Proxy.isProxyClass(value.getClass())
                        && Proxy.getInvocationHandler(value) instanceof Client client
                ? client
                : null;
    }

    private static void write(Writer writer, String uri) {
        writer.tag(Tag.REFERENCE);
        writer.text(uri);
    }

    static ServiceRef service(Reader reader) {
        String[] parts = read(reader, SERVICE, "a ServiceRef");
        return new ServiceRef(parts[0], parts[2]);
    }

    static NodeRef node(Reader reader) {
        String[] parts = read(reader, NODE, "a NodeRef");
        return new NodeRef(parts[0], parts[2]);
    }

    static Object untyped(Reader reader) {
        String[] parts = read(reader, null, "a reference");
        return parts[1].equals(NODE)
                ? new NodeRef(parts[0], parts[2])
                : new ServiceRef(parts[0], parts[2]);
    }

    /** The word of the next reference's kind, which stays. */
    static String kind(Reader reader) {
        int start = reader.position();
        String kind = read(reader, null, "a reference")[1];
        reader.seek(start);
        return kind;
    }

    private static String[] read(Reader reader, String kind, String target) {
        reader.tag(Tag.REFERENCE, target);
        String[] parts = split(reader.text("the URI of a reference"));
        if (kind != null && !parts[1].equals(kind)) {
            throw ValueException.of("a reference to a " + parts[1] + " is not " + target);
        }
        check(parts[1], parts[0], parts[2]);
        return parts;
    }

    /** Cluster, word of the kind, name. */
    private static String[] split(String uri) {
        int length = uri.length() > LONGEST ? uri.length() : utf8(uri).remaining();
        if (length > LONGEST) {
            throw ValueException.of(
                    "a reference of " + length + " bytes; " + LONGEST + " are allowed");
        }
        int slash = uri.startsWith(SCHEME) ? uri.indexOf('/', SCHEME.length()) : -1;
        int second = slash < 0 ? -1 : uri.indexOf('/', slash + 1);
        if (second < 0) {
            throw ValueException.of("a reference that isn't " + SCHEME + "CLUSTER/KIND/NAME");
        }
        String kind = uri.substring(slash + 1, second);
        if (!kind.equals(SERVICE) && !kind.equals(NODE)) {
            throw ValueException.of("a reference of a kind that is not known here");
        }
        return new String[] {
            uri.substring(SCHEME.length(), slash), kind, decoded(uri.substring(second + 1))
        };
    }

    private static String decoded(String text) {
        if (text.chars().allMatch(References::isPlain)) {
            return text;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (isPlain(c)) {
                out.write(c);
                continue;
            }
            int high = i + 2 < text.length() ? HEX.indexOf(text.charAt(i + 1)) : -1;
            int low = i + 2 < text.length() ? HEX.indexOf(text.charAt(i + 2)) : -1;
            if (c != '%' || high < 0 || low < 0 || isPlain(high << 4 | low)) {
                throw encoding();
            }
            out.write(high << 4 | low);
            i += 2;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(out.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw encoding();
        }
    }

    private static ValueException encoding() {
        return ValueException.of(
                "a reference whose name isn't percent-encoded in the one way: %C3%A4, and only"
                        + " where it must be");
    }

    /** Unreserved in RFC 3986: stands for itself in a URI, and only so. */
    private static boolean isPlain(int c) {
        return c >= 'a' && c <= 'z'
                || c >= 'A' && c <= 'Z'
                || c >= '0' && c <= '9'
                || c == '-'
                || c == '.'
                || c == '_'
                || c == '~';
    }

    private static ByteBuffer utf8(String text) {
        try {
            return StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
        } catch (CharacterCodingException e) {
            throw ValueException.of("a text with a lone surrogate, which isn't Unicode text", e);
        }
    }
}
