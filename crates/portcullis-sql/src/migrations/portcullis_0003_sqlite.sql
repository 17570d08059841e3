-- Log-in names in lower case: unique, and found without reading all users.
CREATE TABLE "portcullis_username" (
    "folded" varchar(150) NOT NULL PRIMARY KEY,
    "user_id" integer NOT NULL
);
CREATE INDEX "portcullis_username_user_id" ON "portcullis_username" ("user_id");
