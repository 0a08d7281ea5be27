package dev.trunkline.plan;

import java.util.List;

/**
 * What HAVING asks of groups that are put together from the nodes' parts. Columns are hidden ones of the nodes' rows, in
 * binary: what needs no aggregate has been computed by the nodes. As in SQL, the answer may be unknown.
 */
public sealed interface GroupCondition {

    record And(List<GroupCondition> operands) implements GroupCondition {

        public And {
            operands = List.copyOf(operands);
        }
    }

    record Or(List<GroupCondition> operands) implements GroupCondition {

        public Or {
            operands = List.copyOf(operands);
        }
    }

    record Not(GroupCondition operand) implements GroupCondition {}

    /** {@code byteOrder}: texts in them are known to stand under a collation that sorts by bytes. */
    record Compared(int left, Comparison comparison, int right, boolean byteOrder) implements GroupCondition {}

    record IsNull(int column) implements GroupCondition {}

    /** A boolean column. */
    record IsTrue(int column) implements GroupCondition {}

    enum Comparison {
        EQUAL("="),
        NOT_EQUAL("<>"),
        LESS("<"),
        LESS_OR_EQUAL("<="),
        GREATER(">"),
        GREATER_OR_EQUAL(">=");

        private final String operator;

        Comparison(String operator) {
            this.operator = operator;
        }

        /** The comparison that an operator's name means; null for none. */
        static Comparison of(String operator) {
            for (Comparison comparison : values()) {
                if (comparison.operator.equals(operator) || comparison == NOT_EQUAL && operator.equals("!=")) {
                    return comparison;
                }
            }
            return null;
        }

        /** Whether it holds for two values whose order is {@code order}. */
        public boolean holds(int order) {
            return switch (this) {
                case EQUAL -> order == 0;
                case NOT_EQUAL -> order != 0;
                case LESS -> order < 0;
                case LESS_OR_EQUAL -> order <= 0;
                case GREATER -> order > 0;
                case GREATER_OR_EQUAL -> order >= 0;
            };
        }

        @Override
        public String toString() {
            return operator;
        }
    }
}
