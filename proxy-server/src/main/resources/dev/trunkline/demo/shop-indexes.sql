-- After loading: building an index over rows that are there is faster than growing it row by row.

CREATE INDEX customers_email ON customers (email);
CREATE INDEX orders_placed_at ON orders (placed_at);
CREATE INDEX orders_status ON orders (status) WHERE status <> 'delivered';
CREATE INDEX order_items_product ON order_items (product);

ALTER TABLE customers ADD FOREIGN KEY (country) REFERENCES countries;
ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers;
ALTER TABLE order_items ADD FOREIGN KEY (customer_id, order_id) REFERENCES orders ON DELETE CASCADE;
