-- What others than this server have changed in tables of live models: written by triggers that are there on request alone.
CREATE TABLE "portcullis_change" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "model" varchar(200) NOT NULL,
    "operation" varchar(1) NOT NULL,
    "key" text NOT NULL,
    "before" text NULL,
    "at" datetime NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "transaction" bigint NOT NULL DEFAULT 0
);
-- Whether the transaction that is under way is the server's own, about which nothing is written.
CREATE TABLE "portcullis_writing" ("is_ours" bool NOT NULL);
INSERT INTO "portcullis_writing" ("is_ours") VALUES (0);
