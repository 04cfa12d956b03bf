package io.twinspan.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The agent's side of what benchmark/agent.py says: orders on stdin, answers on stdout. */
final class Conversation {
    private Conversation() {}

    static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    /** The driver ends an agent by closing its stdin; when the driver dies, so does the agent. */
    static void waitForTheEnd() throws IOException {
        System.in.transferTo(java.io.OutputStream.nullOutputStream());
    }

    static void run(Client client) throws IOException {
        BufferedReader in =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        Pace pace = new Pace();
        Measured last = new Samples(List.of(), 1);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            try {
                if (!line.startsWith("run")) {
                    say(last.report());
                    continue;
                }
                Order order = Order.read(line);
                last = client.run(order, pace);
                say("done calls=" + last.calls());
            } catch (Exception | LinkageError error) {
                error.printStackTrace();
                say("failed " + error.toString().replace('\n', '|'));
            }
        }
    }
}
