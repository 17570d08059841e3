-- When the newest link for a new password of each user was sent: older ones are over.
CREATE TABLE "portcullis_reset" (
    "user_id" integer NOT NULL PRIMARY KEY,
    "asked" datetime NOT NULL
);
