package io.twinspan.bench;

import py4j.GatewayServer;

import java.util.concurrent.CompletableFuture;

/** Py4J: what Python calls, and a client of what Python registers here. */
public final class Gateway implements Echo, Client {
    private volatile Echo python;

    static void run() throws Exception {
        Gateway gateway = new Gateway();
        GatewayServer server = new GatewayServer(gateway, 0);
        server.start(true);
        Conversation.say("ready tcp=" + server.getListeningPort());
        Conversation.run(gateway);
        server.shutdown();
    }

    @Override
    public byte[] call(byte[] payload) {
        return payload;
    }

    /** Called by Python once. */
    public void register(Echo echo) {
        python = echo;
    }

    @Override
    public Caller caller(Order order) {
        Echo echo = python;
        return new Caller() {
            @Override
            public byte[] call(byte[] payload) {
                return echo.call(payload);
            }

            @Override
            public CompletableFuture<byte[]> future(byte[] payload) {
                throw new UnsupportedOperationException("Py4J has no futures");
            }
        };
    }
}
