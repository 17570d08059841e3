-- How often something was tried: shared by all doors and nodes, and still known after a restart.
CREATE TABLE "portcullis_throttle" (
    "key" varchar(300) NOT NULL PRIMARY KEY,
    "tries" integer NOT NULL,
    "until" timestamptz NOT NULL
);
CREATE INDEX "portcullis_throttle_until" ON "portcullis_throttle" ("until");
