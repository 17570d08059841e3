-- The tables of a fresh install: those that the migrations of Django 5.2 and its account packages leave on SQLite.
CREATE TABLE "account_emailaddress" (
  "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  "verified" bool NOT NULL,
  "primary" bool NOT NULL,
  "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED,
  "email" varchar(254) NOT NULL
);
CREATE INDEX "account_emailaddress_email_03be32b2" ON "account_emailaddress" ("email");
CREATE INDEX "account_emailaddress_user_id_2c513194" ON "account_emailaddress" ("user_id");
CREATE UNIQUE INDEX "account_emailaddress_user_id_email_987c8728_uniq" ON "account_emailaddress" ("user_id", "email");
CREATE UNIQUE INDEX "unique_primary_email" ON "account_emailaddress" ("user_id", "primary") WHERE "primary";
CREATE UNIQUE INDEX "unique_verified_email" ON "account_emailaddress" ("email") WHERE "verified";

CREATE TABLE "account_emailconfirmation" (
  "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  "created" datetime NOT NULL,
  "sent" datetime NULL,
  "key" varchar(64) NOT NULL UNIQUE,
  "email_address_id" integer NOT NULL REFERENCES "account_emailaddress" ("id") DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX "account_emailconfirmation_email_address_id_5b7f8c58" ON "account_emailconfirmation" ("email_address_id");

CREATE TABLE "auth_group" (
  "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  "name" varchar(150) NOT NULL UNIQUE
);

CREATE TABLE "auth_group_permissions" (
  "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  "group_id" integer NOT NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED,
  "permission_id" integer NOT NULL REFERENCES "auth_permission" ("id") DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX "auth_group_permissions_group_id_b120cbf9" ON "auth_group_permissions" ("group_id");
CREATE UNIQUE INDEX "auth_group_permissions_group_id_permission_id_0cd325b0_uniq" ON "auth_group_permissions" ("group_id", "permission_id");
CREATE INDEX "auth_group_permissions_permission_id_84c5c92e" ON "auth_group_permissions" ("permission_id");

CREATE TABLE "auth_permission" (
  "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  "content_type_id" integer NOT NULL REFERENCES "django_content_type" ("id") DEFERRABLE INITIALLY DEFERRED,
  "codename" varchar(100) NOT NULL,
  "name" varchar(255) NOT NULL
);
CREATE INDEX "auth_permission_content_type_id_2f476e4b" ON "auth_permission" ("content_type_id");
CREATE UNIQUE INDEX "auth_permission_content_type_id_codename_01ab375a_uniq" ON "auth_permission" ("content_type_id", "codename");

CREATE TABLE "auth_user" (
  "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  "password" varchar(128) NOT NULL,
  "last_login" datetime NULL,
  "is_superuser" bool NOT NULL,
  "username" varchar(150) NOT NULL UNIQUE,
  "last_name" varchar(150) NOT NULL,
  "email" varchar(254) NOT NULL,
  "is_staff" bool NOT NULL,
  "is_active" bool NOT NULL,
  "date_joined" datetime NOT NULL,
  "first_name" varchar(150) NOT NULL
);

CREATE TABLE "auth_user_groups" (
  "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED,
  "group_id" integer NOT NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX "auth_user_groups_group_id_97559544" ON "auth_user_groups" ("group_id");
CREATE INDEX "auth_user_groups_user_id_6a12ed8b" ON "auth_user_groups" ("user_id");
CREATE UNIQUE INDEX "auth_user_groups_user_id_group_id_94350c0c_uniq" ON "auth_user_groups" ("user_id", "group_id");

CREATE TABLE "auth_user_user_permissions" (
  "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED,
  "permission_id" integer NOT NULL REFERENCES "auth_permission" ("id") DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX "auth_user_user_permissions_permission_id_1fbb5f2c" ON "auth_user_user_permissions" ("permission_id");
CREATE INDEX "auth_user_user_permissions_user_id_a95ead1b" ON "auth_user_user_permissions" ("user_id");
CREATE UNIQUE INDEX "auth_user_user_permissions_user_id_permission_id_14a6b632_uniq" ON "auth_user_user_permissions" ("user_id", "permission_id");

CREATE TABLE "authtoken_token" (
  "key" varchar(40) NOT NULL PRIMARY KEY,
  "created" datetime NOT NULL,
  "user_id" integer NOT NULL UNIQUE REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE "django_admin_log" (
  "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  "object_id" text NULL,
  "object_repr" varchar(200) NOT NULL,
  "action_flag" smallint unsigned NOT NULL CHECK ("action_flag" >= 0),
  "change_message" text NOT NULL,
  "content_type_id" integer NULL REFERENCES "django_content_type" ("id") DEFERRABLE INITIALLY DEFERRED,
  "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED,
  "action_time" datetime NOT NULL
);
CREATE INDEX "django_admin_log_content_type_id_c4bce8eb" ON "django_admin_log" ("content_type_id");
CREATE INDEX "django_admin_log_user_id_c564eba6" ON "django_admin_log" ("user_id");

CREATE TABLE "django_content_type" (
  "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  "app_label" varchar(100) NOT NULL,
  "model" varchar(100) NOT NULL
);
CREATE UNIQUE INDEX "django_content_type_app_label_model_76bd3d3b_uniq" ON "django_content_type" ("app_label", "model");

CREATE TABLE "django_migrations" (
  "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  "app" varchar(255) NOT NULL,
  "name" varchar(255) NOT NULL,
  "applied" datetime NOT NULL
);

CREATE TABLE "django_session" (
  "session_key" varchar(40) NOT NULL PRIMARY KEY,
  "session_data" text NOT NULL,
  "expire_date" datetime NOT NULL
);
CREATE INDEX "django_session_expire_date_a5c62663" ON "django_session" ("expire_date");

CREATE TABLE "django_site" (
  "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  "name" varchar(50) NOT NULL,
  "domain" varchar(100) NOT NULL UNIQUE
);

CREATE TABLE "knox_authtoken" (
  "digest" varchar(128) NOT NULL PRIMARY KEY,
  "created" datetime NOT NULL,
  "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED,
  "expiry" datetime NULL,
  "token_key" varchar(25) NOT NULL
);
CREATE INDEX "knox_authtoken_token_key_8f4f7d47" ON "knox_authtoken" ("token_key");
CREATE INDEX "knox_authtoken_user_id_e5a5d899" ON "knox_authtoken" ("user_id");

CREATE TABLE "social_auth_association" (
  "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  "server_url" varchar(255) NOT NULL,
  "handle" varchar(255) NOT NULL,
  "secret" varchar(255) NOT NULL,
  "issued" integer NOT NULL,
  "lifetime" integer NOT NULL,
  "assoc_type" varchar(64) NOT NULL
);
CREATE UNIQUE INDEX "social_auth_association_server_url_handle_078befa2_uniq" ON "social_auth_association" ("server_url", "handle");

CREATE TABLE "social_auth_code" (
  "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  "email" varchar(254) NOT NULL,
  "code" varchar(32) NOT NULL,
  "verified" bool NOT NULL,
  "timestamp" datetime NOT NULL
);
CREATE INDEX "social_auth_code_code_a2393167" ON "social_auth_code" ("code");
CREATE UNIQUE INDEX "social_auth_code_email_code_801b2d02_uniq" ON "social_auth_code" ("email", "code");
CREATE INDEX "social_auth_code_timestamp_176b341f" ON "social_auth_code" ("timestamp");

CREATE TABLE "social_auth_nonce" (
  "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  "server_url" varchar(255) NOT NULL,
  "salt" varchar(65) NOT NULL,
  "timestamp" integer NOT NULL
);
CREATE UNIQUE INDEX "social_auth_nonce_server_url_timestamp_salt_f6284463_uniq" ON "social_auth_nonce" ("server_url", "timestamp", "salt");
CREATE INDEX "social_auth_nonce_timestamp_bc4d078a" ON "social_auth_nonce" ("timestamp");

CREATE TABLE "social_auth_partial" (
  "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  "token" varchar(32) NOT NULL,
  "next_step" smallint unsigned NOT NULL CHECK ("next_step" >= 0),
  "backend" varchar(32) NOT NULL,
  "timestamp" datetime NOT NULL,
  "data" text NOT NULL CHECK ((JSON_VALID("data") OR "data" IS NULL))
);
CREATE INDEX "social_auth_partial_timestamp_50f2119f" ON "social_auth_partial" ("timestamp");
CREATE INDEX "social_auth_partial_token_3017fea3" ON "social_auth_partial" ("token");

CREATE TABLE "social_auth_usersocialauth" (
  "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  "provider" varchar(32) NOT NULL,
  "uid" varchar(255) NOT NULL,
  "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED,
  "created" datetime NOT NULL,
  "modified" datetime NOT NULL,
  "extra_data" text NOT NULL CHECK ((JSON_VALID("extra_data") OR "extra_data" IS NULL)),
  "id_key" varchar(255) NOT NULL,
  CONSTRAINT "user_social_auth_uid_required" CHECK (NOT ("uid" = ''))
);
CREATE UNIQUE INDEX "social_auth_usersocialauth_provider_uid_e6b5e668_uniq" ON "social_auth_usersocialauth" ("provider", "uid");
CREATE INDEX "social_auth_usersocialauth_uid_796e51dc" ON "social_auth_usersocialauth" ("uid");
CREATE INDEX "social_auth_usersocialauth_user_id_17d28448" ON "social_auth_usersocialauth" ("user_id");

CREATE TABLE "socialaccount_socialaccount" (
  "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  "provider" varchar(200) NOT NULL,
  "uid" varchar(191) NOT NULL,
  "last_login" datetime NOT NULL,
  "date_joined" datetime NOT NULL,
  "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED,
  "extra_data" text NOT NULL CHECK ((JSON_VALID("extra_data") OR "extra_data" IS NULL))
);
CREATE UNIQUE INDEX "socialaccount_socialaccount_provider_uid_fc810c6e_uniq" ON "socialaccount_socialaccount" ("provider", "uid");
CREATE INDEX "socialaccount_socialaccount_user_id_8146e70c" ON "socialaccount_socialaccount" ("user_id");

CREATE TABLE "socialaccount_socialapp" (
  "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  "provider" varchar(30) NOT NULL,
  "name" varchar(40) NOT NULL,
  "client_id" varchar(191) NOT NULL,
  "secret" varchar(191) NOT NULL,
  "key" varchar(191) NOT NULL,
  "provider_id" varchar(200) NOT NULL,
  "settings" text NOT NULL CHECK ((JSON_VALID("settings") OR "settings" IS NULL))
);

CREATE TABLE "socialaccount_socialapp_sites" (
  "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  "socialapp_id" integer NOT NULL REFERENCES "socialaccount_socialapp" ("id") DEFERRABLE INITIALLY DEFERRED,
  "site_id" integer NOT NULL REFERENCES "django_site" ("id") DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX "socialaccount_socialapp_sites_site_id_2579dee5" ON "socialaccount_socialapp_sites" ("site_id");
CREATE INDEX "socialaccount_socialapp_sites_socialapp_id_97fb6e7d" ON "socialaccount_socialapp_sites" ("socialapp_id");
CREATE UNIQUE INDEX "socialaccount_socialapp_sites_socialapp_id_site_id_71a9a768_uniq" ON "socialaccount_socialapp_sites" ("socialapp_id", "site_id");

CREATE TABLE "socialaccount_socialtoken" (
  "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  "token" text NOT NULL,
  "token_secret" text NOT NULL,
  "expires_at" datetime NULL,
  "account_id" integer NOT NULL REFERENCES "socialaccount_socialaccount" ("id") DEFERRABLE INITIALLY DEFERRED,
  "app_id" integer NULL REFERENCES "socialaccount_socialapp" ("id") DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX "socialaccount_socialtoken_account_id_951f210e" ON "socialaccount_socialtoken" ("account_id");
CREATE INDEX "socialaccount_socialtoken_app_id_636a42d7" ON "socialaccount_socialtoken" ("app_id");
CREATE UNIQUE INDEX "socialaccount_socialtoken_app_id_account_id_fca4e0ac_uniq" ON "socialaccount_socialtoken" ("app_id", "account_id");

CREATE TABLE "token_blacklist_blacklistedtoken" (
  "blacklisted_at" datetime NOT NULL,
  "token_id" bigint NOT NULL UNIQUE REFERENCES "token_blacklist_outstandingtoken" ("id") DEFERRABLE INITIALLY DEFERRED,
  "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT
);

CREATE TABLE "token_blacklist_outstandingtoken" (
  "token" text NOT NULL,
  "created_at" datetime NULL,
  "expires_at" datetime NOT NULL,
  "user_id" integer NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED,
  "jti" varchar(255) NOT NULL UNIQUE,
  "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT
);
CREATE INDEX "token_blacklist_outstandingtoken_user_id_83bc629a" ON "token_blacklist_outstandingtoken" ("user_id");
