package io.twinspan.bench;

import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.unix.DomainSocketAddress;
import io.grpc.stub.ServerCalls;

import java.net.InetSocketAddress;
import java.nio.file.Path;

/** grpc-java over plaintext, on a Unix socket and on loopback. */
final class GrpcServer {
    private GrpcServer() {}

    static void run(Path folder) throws Exception {
        ServerServiceDefinition echo =
                ServerServiceDefinition.builder(Bytes.SERVICE)
                        .addMethod(
                                Bytes.METHOD,
                                ServerCalls.asyncUnaryCall(
                                        (request, answer) -> {
                                            answer.onNext(request);
                                            answer.onCompleted();
                                        }))
                        .build();
        Path path = folder.resolve("grpc-java.sock");
        Server unix =
                NettyServerBuilder.forAddress(new DomainSocketAddress(path.toString()))
                        .channelType(EpollServerDomainSocketChannel.class)
                        .bossEventLoopGroup(new EpollEventLoopGroup(1))
                        .workerEventLoopGroup(new EpollEventLoopGroup())
                        .addService(echo)
                        .build()
                        .start();
        Server tcp =
                NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
                        .addService(echo)
                        .build()
                        .start();
        Conversation.say("ready same_host=unix:" + path + " tcp=127.0.0.1:" + tcp.getPort());
        Conversation.waitForTheEnd();
        unix.shutdownNow();
        tcp.shutdownNow();
    }
}
