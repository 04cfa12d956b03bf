package io.twinspan.bench;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** One agent of the benchmark; the first argument says which. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws Exception {
        List<String> rest = Arrays.asList(arguments).subList(1, arguments.length);
        switch (arguments[0]) {
            case "grpc-serve" -> GrpcServer.run(Path.of(rest.get(0)));
            case "grpc-call" -> {
                Conversation.say("ready");
                Conversation.run(new GrpcClient(Order.pairs(arguments)));
            }
            case "gateway" -> Gateway.run();
            case "node-serve" -> Nodes.serve(rest.get(0));
            case "node-call" -> Nodes.call(rest.get(0), rest.subList(1, rest.size()));
            default -> throw new IllegalArgumentException("no agent " + arguments[0]);
        }
        System.exit(0);
    }
}
