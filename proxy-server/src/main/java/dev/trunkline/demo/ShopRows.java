package dev.trunkline.demo;

import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The rows of the sample shop: the same ones each time and for any number of nodes, as lines of {@code COPY ... FROM STDIN}.
 * Customers are numbered from 1, and so are orders, in the order of their customers.
 */
final class ShopRows {

    /** Code, name, currency, VAT. */
    static final List<String> COUNTRIES = List.of("at\tAustria\tEUR\t20.00", "be\tBelgium\tEUR\t21.00",
            "br\tBrazil\tBRL\t17.00", "ca\tCanada\tCAD\t5.00", "ch\tSwitzerland\tCHF\t8.10", "de\tGermany\tEUR\t19.00",
            "dk\tDenmark\tDKK\t25.00", "es\tSpain\tEUR\t21.00", "fi\tFinland\tEUR\t25.50", "fr\tFrance\tEUR\t20.00",
            "gb\tUnited Kingdom\tGBP\t20.00", "in\tIndia\tINR\t18.00", "it\tItaly\tEUR\t22.00", "jp\tJapan\tJPY\t10.00",
            "nl\tNetherlands\tEUR\t21.00", "no\tNorway\tNOK\t25.00", "pl\tPoland\tPLN\t23.00",
            "pt\tPortugal\tEUR\t23.00",
            "se\tSweden\tSEK\t25.00", "us\tUnited States\tUSD\t0.00");

    private static final String[] GIVEN = {"Ada", "Alan", "Barbara", "Charles", "Donald", "Edgar", "Edsger", "Frances",
            "Grace", "Hedy", "Jim", "John", "Katherine", "Ken", "Leslie", "Margaret", "Michael", "Niklaus", "Radia",
            "Tony"};
    private static final String[] FAMILY = {"Allen", "Babbage", "Codd", "Dijkstra", "Gray", "Hamilton", "Hoare",
            "Hopper",
            "Johnson", "Knuth", "Lamarr", "Lamport", "Liskov", "Lovelace", "McCarthy", "Perlman", "Stonebraker",
            "Thompson",
            "Turing", "Wirth"};
    private static final String[] PRODUCTS = {"anvil", "bicycle", "candle", "drill", "easel", "fountain pen", "globe",
            "hammock", "inkwell", "jigsaw", "kettle", "lantern", "magnet", "notebook", "oil lamp", "piano", "quilt",
            "rope",
            "sextant", "telescope", "umbrella", "violin", "watch", "xylophone", "yarn", "zither"};
    private static final String[] STATUSES = {"new", "paid", "packed", "shipped", "delivered", "delivered", "delivered",
            "returned"};
    private static final LocalDate FIRST_DAY = LocalDate.of(2025, 1, 1);

    private ShopRows() {}

    /** A line of an order. */
    record Item(int line, String product, int quantity, BigDecimal price) {}

    /** An order with its lines. */
    record Order(long id, String status, String note, String placedAt, List<Item> items) {

        BigDecimal total() {
            return items.stream().map(i -> i.price().multiply(BigDecimal.valueOf(i.quantity()))).reduce(BigDecimal.ZERO,
                    BigDecimal::add);
        }
    }

    /** Everything of one customer. */
    record Customer(long id, String name, String email, String country, BigDecimal credit, boolean active,
            String createdAt,
            List<Order> orders) {

        void appendTo(StringBuilder customers) {
            customers.append(id).append('\t').append(name).append('\t').append(email).append('\t').append(country)
                    .append('\t').append(credit).append('\t').append(active ? 't' : 'f').append('\t').append(createdAt)
                    .append('\n');
        }

        void appendOrdersTo(StringBuilder lines) {
            for (Order order : orders) {
                lines.append(order.id()).append('\t').append(id).append('\t').append(order.status()).append('\t')
                        .append(order.total()).append('\t').append(order.note() == null ? "\\N" : order.note())
                        .append('\t').append(order.placedAt()).append('\n');
            }
        }

        void appendItemsTo(StringBuilder lines) {
            for (Order order : orders) {
                for (Item item : order.items()) {
                    lines.append(id).append('\t').append(order.id()).append('\t').append(item.line()).append('\t')
                            .append(item.product()).append('\t').append(item.quantity()).append('\t')
                            .append(item.price()).append('\n');
                }
            }
        }
    }

    /** How many orders a customer has: three on average. */
    static int orderCount(long customer) {
        return new SplittableRandom(customer).nextInt(7);
    }

    /**
     * A customer's rows.
     *
     * @param firstOrder the id of the first order; the others follow
     */
    static Customer customer(long id, long firstOrder) {
        SplittableRandom random = new SplittableRandom(id);
        int orderCount = random.nextInt(7);
        String given = pick(random, GIVEN);
        String family = pick(random, FAMILY);
        String email = (given + "." + family + id).toLowerCase(java.util.Locale.ROOT) + "@example.com";
        String country = COUNTRIES.get(random.nextInt(COUNTRIES.size())).substring(0, 2);
        BigDecimal credit = BigDecimal.valueOf(random.nextInt(100_000), 2);
        boolean active = random.nextInt(10) != 0;
        String createdAt = moment(random, 0, 180);
        List<Order> orders = new ArrayList<>(orderCount);
        for (int i = 0; i < orderCount; i++) {
            List<Item> items = new ArrayList<>();
            int itemCount = 1 + random.nextInt(3);
            for (int line = 1; line <= itemCount; line++) {
                int product = random.nextInt(PRODUCTS.length);
                items.add(new Item(line, PRODUCTS[product], 1 + random.nextInt(4),
                        BigDecimal.valueOf(199 + 350L * product, 2)));
            }
            String note = random.nextInt(8) == 0 ? "leave it with the neighbours" : null;
            orders.add(new Order(firstOrder + i, pick(random, STATUSES), note, moment(random, 180, 365), items));
        }
        return new Customer(id, given + " " + family, email, country, credit, active, createdAt, orders);
    }

    private static String pick(SplittableRandom random, String[] words) {
        return words[random.nextInt(words.length)];
    }

    private static String moment(SplittableRandom random, int fromDay, int toDay) {
        LocalDate day = FIRST_DAY.plusDays(fromDay + random.nextInt(toDay - fromDay));
        int second = random.nextInt(24 * 60 * 60);
        return "%s %02d:%02d:%02d+00".formatted(day, second / 3600, second / 60 % 60, second % 60);
    }
}
