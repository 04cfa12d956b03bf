package io.twinspan.bench;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollDomainSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.unix.DomainSocketAddress;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** One channel a server; blocking stubs, and asynchronous ones as futures. */
final class GrpcClient implements Client {
    private final Map<String, String> addresses;
    private final Map<String, Caller> callers = new HashMap<>();

    GrpcClient(Map<String, String> addresses) {
        this.addresses = addresses;
    }

    @Override
    public Caller caller(Order order) {
        return callers.computeIfAbsent(order.target(), target -> open(addresses.get(target)));
    }

    private static Caller open(String address) {
        ManagedChannel channel;
        if (address.startsWith("unix:")) {
            channel =
                    NettyChannelBuilder.forAddress(
                                    new DomainSocketAddress(address.substring("unix:".length())))
                            .channelType(EpollDomainSocketChannel.class)
                            .eventLoopGroup(new EpollEventLoopGroup())
                            .usePlaintext()
                            .build();
        } else {
            channel = NettyChannelBuilder.forTarget(address).usePlaintext().build();
        }
        return new Caller() {
            @Override
            public byte[] call(byte[] payload) {
                return ClientCalls.blockingUnaryCall(
                        channel, Bytes.METHOD, CallOptions.DEFAULT.withWaitForReady(), payload);
            }

            @Override
            public CompletableFuture<byte[]> future(byte[] payload) {
                CompletableFuture<byte[]> future = new CompletableFuture<>();
                ClientCalls.asyncUnaryCall(
                        channel.newCall(Bytes.METHOD, CallOptions.DEFAULT.withWaitForReady()),
                        payload,
                        new Completing(future));
                return future;
            }
        };
    }

    private record Completing(CompletableFuture<byte[]> future) implements StreamObserver<byte[]> {
        @Override
        public void onNext(byte[] answer) {
            future.complete(answer);
        }

        @Override
        public void onError(Throwable error) {
            future.completeExceptionally(error);
        }

        @Override
        public void onCompleted() {}
    }
}
