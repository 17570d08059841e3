-- Mail that was promised, in the transaction that promised it, until it is sent.
CREATE TABLE "portcullis_outbox" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "kind" varchar(100) NOT NULL,
    "recipient" varchar(320) NOT NULL,
    "subject" varchar(1000) NOT NULL,
    "text" text NOT NULL,
    "html" text NULL,
    "created" datetime NOT NULL,
    "not_before" datetime NOT NULL,
    "claims" integer NOT NULL,
    "attempts" integer NOT NULL,
    "last_error" varchar(500) NULL,
    "sent" datetime NULL,
    "given_up" datetime NULL
);
CREATE INDEX "portcullis_outbox_due" ON "portcullis_outbox" ("not_before")
    WHERE "sent" IS NULL AND "given_up" IS NULL;
CREATE INDEX "portcullis_outbox_sent" ON "portcullis_outbox" ("sent") WHERE "sent" IS NOT NULL;
CREATE INDEX "portcullis_outbox_given_up" ON "portcullis_outbox" ("given_up")
    WHERE "given_up" IS NOT NULL;
