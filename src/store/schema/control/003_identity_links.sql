-- Who a provider of single sign-on means by a subject: its users are known by this, not by names.
CREATE TABLE identity_link (
    provider_id TEXT NOT NULL,
    subject     TEXT NOT NULL, -- the claim `sub`
    user_id     TEXT NOT NULL,
    created_us  BIGINT NOT NULL,
    PRIMARY KEY (provider_id, subject)
);
CREATE INDEX identity_link_by_user ON identity_link (user_id);
