package dev.trunkline.net;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.config.Configuration;
import dev.trunkline.config.Problem;
import dev.trunkline.node.ConnectionSlots;
import dev.trunkline.node.NodeControl;
import dev.trunkline.node.NodeState;
import dev.trunkline.node.RoleSettings;
import dev.trunkline.session.CatalogSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;

/** The catalog of a database as its control plane keeps it. Thread-safe. */
final class ControlledCatalog implements CatalogSource, NodeControl.Listener, AutoCloseable {

    private final NodeControl control;
    private final List<Consumer<Catalog>> listeners = new CopyOnWriteArrayList<>();
    private volatile RoleSettings roleSettings = RoleSettings.NONE;
    /** 1 for a node whose schema has been seen to fit. */
    private final AtomicIntegerArray verified;
    private final AtomicReferenceArray<ConnectionSlots> slots;
    /** When each node came up, of those that have since the start; otherwise null. */
    private final AtomicReferenceArray<Long> upNanos;

    ControlledCatalog(NodeControl control, int nodes) {
        this.control = control;
        this.verified = new AtomicIntegerArray(nodes);
        this.slots = new AtomicReferenceArray<>(nodes);
        this.upNanos = new AtomicReferenceArray<>(nodes);
        control.addListener(this);
        for (int node = 0; node < nodes; node++) {
            if (control.state(node).isUp()) {
                verified.set(node, 1);
                readSlots(node);
            }
        }
        readRoleSettings();
    }

    private void readSlots(int node) {
        ConnectionSlots read = control.connectionSlots(node);
        if (read != null) {
            slots.set(node, read);
        }
    }

    private void readRoleSettings() {
        roleSettings = RoleSettings.read(control, verified.length(), roleSettings);
    }

    @Override
    public String roleDefault(String login, String setting) {
        return roleSettings.of(login, setting);
    }

    @Override
    public Map<String, String> sessionDefaults(String login) {
        return roleSettings.ofSession(login);
    }

    @Override
    public boolean isSuperuser(String login) {
        return roleSettings.isSuperuser(login);
    }

    @Override
    public Catalog catalog() {
        return control.catalog();
    }

    @Override
    public void whenChanged(Consumer<Catalog> listener) {
        listeners.add(listener);
    }

    @Override
    public void refreshNow() {
        control.refreshNow();
    }

    @Override
    public void suspect(int node) {
        control.suspect(node);
    }

    @Override
    public Map<String, String> startupParameters() {
        return control.startupParameters();
    }

    @Override
    public boolean isUp(int node) {
        return control.state(node).isUp();
    }

    @Override
    public boolean cameUpAfter(int node, long nanos) {
        Long up = upNanos.get(node);
        return up != null && up - nanos > 0;
    }

    @Override
    public String whyDown(int node) {
        return control.state(node).reason();
    }

    /** What the nodes have against another configuration, as far as it is new. */
    List<Problem> objections(Configuration newer) {
        return control.objections(newer);
    }

    /** Makes the catalog anew from another configuration. */
    void configuration(Configuration newer) {
        control.configuration(newer);
        for (int node = 0; node < slots.length(); node++) {
            if (control.state(node).isUp()) {
                readSlots(node);
            }
        }
    }

    @Override
    public Integer connectionSlots(int node) {
        ConnectionSlots read = slots.get(node);
        return read == null ? null : read.free();
    }

    @Override
    public String unverified(int node) {
        if (verified.get(node) == 1) {
            return null;
        }
        control.refreshNow(node);
        String reason = control.state(node).reason();
        return reason == null ? "not yet verified" : reason;
    }

    @Override
    public void catalogChanged(Catalog catalog) {
        listeners.forEach(listener -> listener.accept(catalog));
    }

    @Override
    public void settingsMayHaveChanged() {
        readRoleSettings();
    }

    @Override
    public void nodeChanged(int node, NodeState state) {
        if (state.isUp()) {
            upNanos.set(node, System.nanoTime());
            verified.set(node, 1);
            readSlots(node);
        }
    }

    @Override
    public void close() {
        control.close();
    }
}
