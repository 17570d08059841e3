-- Names are searched by how they begin, whatever the database's collation.
CREATE INDEX "portcullis_username_folded_like" ON "portcullis_username" ("folded" varchar_pattern_ops);
CREATE INDEX "portcullis_email_folded_like" ON "portcullis_email" ("folded" varchar_pattern_ops);
