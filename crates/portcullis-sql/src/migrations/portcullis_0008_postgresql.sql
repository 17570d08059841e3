-- An address that a user wants instead of theirs, until they have shown that it is their own.
CREATE TABLE "portcullis_email_change" (
    "user_id" bigint NOT NULL PRIMARY KEY,
    "address_id" bigint NOT NULL,
    "asked" timestamptz NOT NULL
);
CREATE INDEX "portcullis_email_change_address_id" ON "portcullis_email_change" ("address_id");
