package dev.trunkline.wire;

/** The transaction status that ReadyForQuery carries. */
public enum TransactionStatus {

    IDLE('I'),
    IN_TRANSACTION('T'),
    FAILED('E');

    private final byte code;

    TransactionStatus(char code) {
        this.code = (byte) code;
    }

    public byte code() {
        return code;
    }

    /** @throws ProtocolViolation if the byte is no status */
    public static TransactionStatus of(byte code) {
        return switch (code) {
            case 'I' -> IDLE;
            case 'T' -> IN_TRANSACTION;
            case 'E' -> FAILED;
            default -> throw ProtocolViolation.malformed("invalid transaction status " + (code & 0xFF));
        };
    }
}
