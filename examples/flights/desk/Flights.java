package desk;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the CSV file of flights, batch by batch. The numbers are those of data.py: both sides must
 * compute the same.
 */
final class Flights implements AutoCloseable {
    private static final int BATCH = 500;

    private final BufferedReader reader;
    private final Map<String, Integer> columns = new HashMap<>();
    private final long limit;
    private final int part;
    private final int parts;
    private long read;
    private int batches;

    /**
     * Opens the file.
     *
     * @param file has a line of headers, and no quotes
     * @param limit flights to read, from the beginning
     * @param part this reader takes each batch whose number leaves this remainder
     * @param parts when divided by this
     */
    Flights(Path file, long limit, int part, int parts) throws IOException {
        this.reader = Files.newBufferedReader(file, StandardCharsets.US_ASCII);
        this.limit = limit;
        this.part = part;
        this.parts = parts;
        String[] names = reader.readLine().split(",");
        for (int i = 0; i < names.length; i++) {
            columns.put(names[i], i);
        }
    }

    /** Answers the next batch of this part, or null after the last. */
    Batch next() throws IOException {
        while (true) {
            boolean mine = batches % parts == part;
            List<Flight> flights = new ArrayList<>(BATCH);
            String line = null;
            for (int i = 0; i < BATCH && read < limit && (line = reader.readLine()) != null; i++) {
                read++;
                if (mine) {
                    flights.add(parse(line));
                }
            }
            int number = batches++;
            if (!flights.isEmpty()) {
                return new Batch(number, flights);
            }
            if (line == null) {
                return null;
            }
        }
    }

    private Flight parse(String line) {
        String[] row = line.split(",", -1);
        LocalDate day = LocalDate.of(whole(row, "year"), whole(row, "month"), whole(row, "day"));
        int hour = whole(row, "hour");
        double[] features = {
            day.getMonthValue(),
            day.getDayOfWeek().getValue(),
            hour * 60 + whole(row, "minute"),
            code(text(row, "carrier")),
            code(text(row, "origin")),
            code(text(row, "dest")),
            Double.parseDouble(text(row, "distance")),
        };
        String key =
                text(row, "time_hour") + "/" + text(row, "carrier") + "/" + text(row, "flight");
        return new Flight(key, text(row, "origin"), hour, features);
    }

    private String text(String[] row, String column) {
        return row[columns.get(column)];
    }

    private int whole(String[] row, String column) {
        return Integer.parseInt(text(row, column));
    }

    /** Codes of carriers and airports as numbers: base 36. */
    private static double code(String text) {
        return Long.parseLong(text, 36);
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
