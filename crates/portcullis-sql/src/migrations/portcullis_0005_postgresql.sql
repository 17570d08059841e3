-- Refresh tokens of families, each with the one that took its place; their log-in is in portcullis_login.
CREATE TABLE "portcullis_refresh" (
    "jti" varchar(255) NOT NULL PRIMARY KEY,
    "family" varchar(32) NOT NULL,
    "issued" timestamptz NOT NULL,
    "expires" timestamptz NOT NULL,
    "ends" timestamptz NOT NULL,
    "successor" varchar(255) NULL,
    "rotated" timestamptz NULL
);
CREATE INDEX "portcullis_refresh_family" ON "portcullis_refresh" ("family");
CREATE INDEX "portcullis_refresh_expires" ON "portcullis_refresh" ("expires");
