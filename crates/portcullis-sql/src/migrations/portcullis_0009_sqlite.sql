-- Accounts at providers of social log-in, where Django has a table of neither package for them.
CREATE TABLE "portcullis_socialaccount" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "provider" varchar(200) NOT NULL,
    "uid" varchar(191) NOT NULL,
    "last_login" datetime NOT NULL,
    "date_joined" datetime NOT NULL,
    "user_id" integer NOT NULL,
    "extra_data" text NOT NULL
);
CREATE UNIQUE INDEX "portcullis_socialaccount_provider_uid" ON "portcullis_socialaccount" ("provider", "uid");
CREATE INDEX "portcullis_socialaccount_user_id" ON "portcullis_socialaccount" ("user_id");
