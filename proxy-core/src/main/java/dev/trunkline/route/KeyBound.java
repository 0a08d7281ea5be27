package dev.trunkline.route;

/** One end of a range of keys. */
public record KeyBound(Side side, KeyValue value) {

    public enum Side {
        FROM(">="),
        AFTER(">"),
        TO("<="),
        BEFORE("<");

        private final String operator;

        Side(String operator) {
            this.operator = operator;
        }

        /** The side of {@code column operator value}, or null. */
        static Side of(String operator) {
            return switch (operator) {
                case ">=" -> FROM;
                case ">" -> AFTER;
                case "<=" -> TO;
                case "<" -> BEFORE;
                default -> null;
            };
        }

        /** That of {@code value operator column}. */
        Side mirrored() {
            return switch (this) {
                case FROM -> TO;
                case AFTER -> BEFORE;
                case TO -> FROM;
                case BEFORE -> AFTER;
            };
        }

        public String operator() {
            return operator;
        }
    }
}
