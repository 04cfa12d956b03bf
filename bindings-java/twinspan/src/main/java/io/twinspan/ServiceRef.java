package io.twinspan;

import io.twinspan.internal.Raise;
import io.twinspan.internal.codec.References;
import io.twinspan.internal.codec.ValueException;

/**
 * A reference to a service, whoever serves it: what arrives where a client was sent.
 *
 * <p>{@link Node#client(ServiceRef, Class)} makes a client of it; in a handler {@link
 * CallContext#node} is the node. A reference is no promise that somebody serves the service. Sent
 * on, it arrives as the same reference.
 *
 * @param cluster name of the cluster in which it means something
 * @param name name of the service
 */
public record ServiceRef(String cluster, String name) {
    /**
     * Names a service, whether or not there is one.
     *
     * @param cluster name of the cluster
     * @param name name of the service
     * @throws BadConfigException if one of them can't be a name
     */
    public ServiceRef {
        try {
            References.check(References.SERVICE, cluster, name);
        } catch (ValueException e) {
            throw Raise.error(
                    Kind.BAD_CONFIG,
                    "`" + cluster + "` and `" + name + "` make no ServiceRef: " + e.problem(),
                    "Give the names as they are when joining and serving.");
        }
    }

    /**
     * Reads a URI.
     *
     * @param uri {@code twinspan://CLUSTER/service/NAME}
     * @return the reference
     * @throws BadConfigException if it isn't one
     */
    public static ServiceRef parse(String uri) {
        try {
            String[] parts = References.parse(uri, References.SERVICE);
            return new ServiceRef(parts[0], parts[1]);
        } catch (ValueException e) {
            throw Raise.error(
                    Kind.BAD_CONFIG,
                    "`" + uri + "` is no ServiceRef: " + e.problem(),
                    "Write it as twinspan://CLUSTER/service/NAME.");
        }
    }

    /**
     * Answers what a client is sent as.
     *
     * @param client what {@link Node#client} answered
     * @return the reference to its service
     * @throws MisuseException if it is no client
     */
    public static ServiceRef of(Object client) {
        ServiceRef reference = References.of(client);
        if (reference == null) {
            throw Raise.error(
                    Kind.MISUSE,
                    "`"
                            + (client == null ? "null" : client.getClass().getName())
                            + "` is no client",
                    "Pass what Node.client answered.");
        }
        return reference;
    }

    /**
     * Answers the text that crosses. Two references are equal when their URIs are.
     *
     * @return {@code twinspan://CLUSTER/service/NAME}
     */
    public String uri() {
        return References.uri(References.SERVICE, cluster, name);
    }

    @Override
    public String toString() {
        return uri();
    }
}
