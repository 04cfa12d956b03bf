package io.twinspan.bench;

import java.nio.file.Path;

/** One agent of the benchmark; the first argument says which. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "grpc-serve" -> GrpcServer.run(Path.of(arguments[1]));
            case "grpc-call" -> {
                Conversation.say("ready");
                Conversation.run(new GrpcClient(Order.pairs(arguments)));
            }
            case "gateway" -> Gateway.run();
            default -> throw new IllegalArgumentException("no agent " + arguments[0]);
        }
        System.exit(0);
    }
}
