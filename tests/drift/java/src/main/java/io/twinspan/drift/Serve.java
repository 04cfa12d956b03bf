package io.twinspan.drift;

import io.twinspan.App;
import io.twinspan.Node;
import io.twinspan.NodeConfig;

/** A Java node that answers each value as it got it, until its standard input ends. */
public final class Serve {
    private Serve() {}

    /**
     * Serves.
     *
     * @param args the cluster
     * @throws Exception when it can't join
     */
    public static void main(String[] args) throws Exception {
        App app = App.named("mirror");
        app.serve("mirror.java", new Mirror());
        Node node = Node.join(app, NodeConfig.cluster(args[0]));
        System.out.println("up");
        System.in.readAllBytes();
        node.close();
    }
}
