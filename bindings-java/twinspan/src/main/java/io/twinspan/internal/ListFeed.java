package io.twinspan.internal;

import io.twinspan.RemoteStream;

import java.util.List;

/** A list that came where a stream is declared, read as one. */
final class ListFeed implements Feed {
    private final LiveNode node;
    private final List<?> list;
    private int at;
    private volatile boolean closed;

    ListFeed(LiveNode node, List<?> list) {
        this.node = node;
        this.list = list;
    }

    @Override
    public LiveNode node() {
        return node;
    }

    @Override
    public boolean hasBuffered() {
        return !closed && at < list.size();
    }

    @Override
    public boolean isOver() {
        return !hasBuffered();
    }

    @Override
    public boolean await() {
        return hasBuffered();
    }

    @Override
    public void ask(long parent, Answer answer) {
        throw new IllegalStateException("all of it is here");
    }

    @Override
    public void take(Object given) {}

    @Override
    public void fail(byte[] error) {}

    @Override
    public Object next() {
        return list.get(at++);
    }

    @Override
    public RemoteStream.Stats stats() {
        int left = closed ? 0 : list.size() - at;
        return new RemoteStream.Stats(at, 0, left, left == 0);
    }

    @Override
    public void close() {
        closed = true;
    }

    @Override
    public Runnable end() {
        return () -> {};
    }
}
