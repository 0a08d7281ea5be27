package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.wire.ErrorFields;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * COMMIT and ROLLBACK. The only writer commits first, and the readers after it, so that an error of the writer can still be
 * the transaction's; a transaction on one node is ended by that node's own answer.
 */
final class TransactionEnd {

    private final Session session;
    private BackendConnection awaited;

    TransactionEnd(Session session) {
        this.session = session;
    }

    /** Whether this backend's next ReadyForQuery ends the transaction and the cycle. */
    boolean isAwaitedFrom(BackendConnection backend) {
        return awaited == backend;
    }

    /** The connection is gone whose answer was to be the client's. The transaction is over either way. */
    void lost(BackendConnection backend, ProxyException why) {
        awaited = null;
        session.refusals().answer(why);
        session.settlement().transactionEnded(false);
        session.cycle().settle();
    }

    void commit(boolean chain, Runnable done) {
        Transaction transaction = session.transaction();
        if (transaction.isExplicit() && transaction.isFailed()) {
            ProxyException loss = session.nodeEvents().takeLoss();
            if (loss == null) {
                rollback(chain, done);
                return;
            }
            // Nobody has told the client yet: ROLLBACK in answer to COMMIT is easily taken for a commit.
            session.refusals().answer(loss);
            endOthers(parts(), "ROLLBACK", () -> ended(false, false, null, done));
            return;
        }
        if (chain) {
            checkThereIsOne(true, "COMMIT");
        }
        if (session.isListening()) {
            session.listening().beforeCommit(() -> commitParts(chain, done));
        } else {
            commitParts(chain, done);
        }
    }

    private void commitParts(boolean chain, Runnable done) {
        Transaction transaction = session.transaction();
        List<Participant> parts = parts();
        // Otherwise the node that commits says so itself.
        if (parts.isEmpty()) {
            checkThereIsOne(chain, "COMMIT");
        }
        if (parts.isEmpty()) {
            ended(true, chain, "COMMIT", done);
            return;
        }
        Participant writer = transaction.writer();
        List<Participant> sequences = writer == null
                ? List.of()
                : parts.stream().filter(TransactionEnd::countsOn).toList();
        if (!sequences.isEmpty()) {
            parts.removeAll(sequences);
            endOthers(sequences, "COMMIT", () -> afterSequences(sequences, writer, parts, chain, done));
            return;
        }
        commit(writer != null ? writer : parts.getFirst(), parts, "COMMIT", chain, done);
    }

    /** PREPARE TRANSACTION: the node's answer ends the transaction, whatever it is. */
    void prepare(String name, Runnable done) {
        Transaction transaction = session.transaction();
        if (transaction.isExplicit() && transaction.isFailed()) {
            commit(false, done);
            return;
        }
        if (session.isListening() && session.listening().mark() > 0) {
            session.refusals().answer(ProxyError.NOT_PREPARABLE.with());
            endOthers(parts(), "ROLLBACK", () -> ended(false, false, null, done));
            return;
        }
        if (parts().isEmpty() && !transaction.isExplicit()) {
            checkThereIsOne(false, "PREPARE TRANSACTION");
            ended(true, false, "ROLLBACK", done);
            return;
        }
        // Of one that has done nothing yet a node has to hear, too: it will be asked to commit it.
        if (parts().isEmpty()
                && session.participant(session.nodes().preferred(-1), () -> prepare(name, done)) == null) {
            return;
        }
        Participant participant = parts().getFirst();
        commit(participant, parts(), "PREPARE TRANSACTION " + Settings.literal(name), false, done);
        participant.committing(true);
    }

    private static boolean countsOn(Participant participant) {
        return participant.use() == Participant.Use.SEQUENCE;
    }

    /** Numbers that a crash might hand out again must not be in a committed row: after a loss nothing is committed. */
    private void afterSequences(List<Participant> sequences, Participant writer, List<Participant> others,
            boolean chain, Runnable done) {
        Participant lost = Stream.concat(sequences.stream(), Stream.of(writer)).filter(p -> !p.backend().isOpen())
                .findFirst().orElse(null);
        if (lost == null) {
            commit(writer, others, "COMMIT", chain, done);
            return;
        }
        ProxyException told = session.nodeEvents().takeLoss();
        String node = session.database().nodeName(lost.node());
        session.refusals().answer(told != null
                ? told
                : ProxyError.NODE_LOST.with(node, "It is safe to repeat the transaction."));
        others.remove(lost);
        endOthers(others, "ROLLBACK", () -> ended(false, false, null, done));
    }

    private void commit(Participant first, List<Participant> parts, String sql, boolean chain, Runnable done) {
        first.committing(first.writes());
        if (parts.size() == 1 && !chain && !session.cycle().inPipeline() && session.cycle().isAlone()) {
            relay(first, sql);
            return;
        }
        first.backend().query(sql, session.out());
        session.cycle().awaitReady(1, () -> {
            boolean committed = !session.cycle().hasErred();
            parts.remove(first);
            endOthers(parts, committed ? "COMMIT" : "ROLLBACK", () -> ended(committed, chain, null, done));
        });
    }

    void rollback(boolean chain, Runnable done) {
        checkThereIsOne(chain, "ROLLBACK");
        // The answer is ours: whoever loses its node while it rolls back is rolled back.
        endOthers(parts(), "ROLLBACK", () -> ended(false, chain, "ROLLBACK", done));
    }

    private void checkThereIsOne(boolean chain, String command) {
        if (session.transaction().isExplicit()) {
            return;
        }
        if (chain) {
            throw ProxyError.NO_ACTIVE_TRANSACTION.with(command + " AND CHAIN can only be used in transaction blocks");
        }
        session.replies().notice(ErrorFields.of("WARNING", "25P01", "there is no transaction in progress"));
    }

    private List<Participant> parts() {
        List<Participant> parts = new ArrayList<>(session.transaction().participants());
        parts.removeIf(p -> session.transaction().isExplicit()
                ? !p.isBegun()
                : !p.isUsed() && !p.backend().isUnsynced());
        return parts;
    }

    /** One node commits; its answer is the client's, ReadyForQuery included. */
    private void relay(Participant participant, String sql) {
        awaited = participant.backend();
        participant.backend().query(sql, session.out());
        session.cycle().awaitReady(1, null);
    }

    /** Called when a cycle ends with a backend's ReadyForQuery. */
    void readyFrom(BackendConnection backend) {
        if (awaited == backend) {
            awaited = null;
            session.settlement().transactionEnded(!session.cycle().hasErred());
        }
    }

    private void endOthers(List<Participant> all, String sql, Runnable next) {
        // While the writer committed, one of the others may have been lost: nobody would answer.
        List<Participant> parts = all.stream().filter(p -> session.transaction().at(p.node()) == p).toList();
        if (parts.isEmpty()) {
            next.run();
            return;
        }
        for (Participant part : parts) {
            part.backend().query(sql, DroppingSink.ENDING);
            part.ending(true);
        }
        session.cycle().awaitReady(parts.size(), next);
    }

    private void ended(boolean committed, boolean chain, String tag, Runnable done) {
        Transaction transaction = session.transaction();
        boolean wasExplicit = transaction.isExplicit();
        Transaction.Modes modes = chain ? transaction.passedOn(session.settings().defaultsToSnapshot()) : null;
        boolean erred = session.cycle().hasErred();
        if (wasExplicit) {
            session.settlement().transactionEnded(committed);
        } else {
            session.settlement().implicitEnded(committed);
        }
        if (chain && wasExplicit && !erred) {
            transaction.chain(modes, session.settings().current());
        }
        if (erred) {
            session.refusals().failCycle();
            return;
        }
        if (tag != null) {
            session.replies().commandComplete(tag);
        }
        done.run();
    }
}
