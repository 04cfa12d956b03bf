import java.util.LinkedHashMap;
import java.util.Map;

/** The command line of an example: flags with a value each, the same in Python. */
final class Flags {
    private final Map<String, String> values = new LinkedHashMap<>();
    private final StringBuilder help;

    Flags(String program, String about) {
        help = new StringBuilder("usage: " + program + " [flags]\n\n" + about + "\n\nflags:\n");
    }

    /** Declares a flag. */
    Flags with(String name, String otherwise, String about) {
        values.put(name, otherwise);
        help.append(String.format("  --%-10s %s (default: %s)%n", name, about, otherwise));
        return this;
    }

    /** Reads what was given; prints the help or what is wrong, and ends the program. */
    Flags read(String[] args) {
        for (int i = 0; i < args.length; i++) {
            String name = args[i].startsWith("--") ? args[i].substring(2) : "";
            if (name.equals("help")) {
                System.out.print(help);
                System.exit(0);
            }
            if (!values.containsKey(name) || i + 1 == args.length) {
                System.err.println(args[i] + " is no flag of this example, or lacks its value");
                System.err.print(help);
                System.exit(2);
            }
            values.put(name, args[++i]);
        }
        return this;
    }

    String text(String name) {
        return values.get(name);
    }

    int number(String name) {
        return Integer.parseInt(values.get(name));
    }

    double seconds(String name) {
        return Double.parseDouble(values.get(name));
    }
}
