package io.twinspan;

import io.twinspan.internal.Raise;
import io.twinspan.internal.codec.References;
import io.twinspan.internal.codec.ValueException;

/**
 * A reference to a node by its name: what arrives where a {@link Member} or a {@link Node} was
 * sent. {@link Node#member(NodeRef)} answers the live member; the name outlives a restart of its
 * node.
 *
 * @param cluster name of the cluster in which it means something
 * @param name name of the node
 */
public record NodeRef(String cluster, String name) {
    /**
     * Names a node, whether or not there is one.
     *
     * @param cluster name of the cluster
     * @param name name of the node
     * @throws BadConfigException if one of them can't be a name
     */
    public NodeRef {
        try {
            References.check(References.NODE, cluster, name);
        } catch (ValueException e) {
            throw Raise.error(
                    Kind.BAD_CONFIG,
                    "`" + cluster + "` and `" + name + "` make no NodeRef: " + e.problem(),
                    "Give the names as they are when joining and serving.");
        }
    }

    /**
     * Reads a URI.
     *
     * @param uri {@code twinspan://CLUSTER/node/NAME}
     * @return the reference
     * @throws BadConfigException if it isn't one
     */
    public static NodeRef parse(String uri) {
        try {
            String[] parts = References.parse(uri, References.NODE);
            return new NodeRef(parts[0], parts[1]);
        } catch (ValueException e) {
            throw Raise.error(
                    Kind.BAD_CONFIG,
                    "`" + uri + "` is no NodeRef: " + e.problem(),
                    "Write it as twinspan://CLUSTER/node/NAME.");
        }
    }

    /**
     * Answers what a member is sent as.
     *
     * @param member one of {@link Node#members}
     * @return the reference to it
     */
    public static NodeRef of(Member member) {
        return new NodeRef(member.cluster(), member.name());
    }

    /**
     * Answers what a node is sent as.
     *
     * @param node of this process
     * @return the reference to it
     */
    public static NodeRef of(Node node) {
        return new NodeRef(node.cluster(), node.name());
    }

    /**
     * Answers the text that crosses. Two references are equal when their URIs are.
     *
     * @return {@code twinspan://CLUSTER/node/NAME}
     */
    public String uri() {
        return References.uri(References.NODE, cluster, name);
    }

    @Override
    public String toString() {
        return uri();
    }
}
