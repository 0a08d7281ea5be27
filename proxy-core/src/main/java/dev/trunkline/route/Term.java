package dev.trunkline.route;

/** A column of a row source. */
public record Term(RowSource source, int column) {

    RowSource.Type type() {
        return source.type(column);
    }

    @Override
    public String toString() {
        return source.name() + "." + source.columns().get(column);
    }
}
