-- Who logged in and out, from where, and what became of accounts. No foreign key: lines stay when users go.
CREATE TABLE "portcullis_audit" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "at" datetime NOT NULL,
    "event" varchar(40) NOT NULL,
    "outcome" varchar(20) NOT NULL,
    "user_id" integer NULL,
    "scheme" varchar(20) NOT NULL,
    "address" varchar(45) NULL,
    "device" varchar(200) NOT NULL
);
CREATE INDEX "portcullis_audit_at" ON "portcullis_audit" ("at");
CREATE INDEX "portcullis_audit_user_id" ON "portcullis_audit" ("user_id", "id");
