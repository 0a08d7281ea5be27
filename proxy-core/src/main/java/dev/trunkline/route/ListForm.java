package dev.trunkline.route;

/** How a list of keys may be cut so that each of several nodes gets only its own. */
enum ListForm {
    /** Not at all. */
    WHOLE,
    /** Values of parameters may be left out: wherever they stand, what they are compared with is on the one node or the other. */
    PARAMETERS,
    /** As above, and the literals stand side by side, with nothing but commas between them: {@code IN (1, 2)}. */
    LIST,
    /** As above, and each literal stands in an equality that says nothing else: {@code k = 1 OR k = 2}. */
    ALTERNATIVES
}
