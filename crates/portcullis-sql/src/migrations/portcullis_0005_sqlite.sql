-- Refresh tokens of families, each with the one that took its place; their log-in is in portcullis_login.
CREATE TABLE "portcullis_refresh" (
    "jti" varchar(255) NOT NULL PRIMARY KEY,
    "family" varchar(32) NOT NULL,
    "issued" datetime NOT NULL,
    "expires" datetime NOT NULL,
    "ends" datetime NOT NULL,
    "successor" varchar(255) NULL,
    "rotated" datetime NULL
);
CREATE INDEX "portcullis_refresh_family" ON "portcullis_refresh" ("family");
CREATE INDEX "portcullis_refresh_expires" ON "portcullis_refresh" ("expires");
