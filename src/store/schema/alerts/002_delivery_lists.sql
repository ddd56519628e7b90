-- The newest messages in a state, to a webhook, or both: the log has those of 30 days.
CREATE INDEX delivery_by_state ON delivery (state, id);
CREATE INDEX delivery_by_webhook ON delivery (webhook, id);
