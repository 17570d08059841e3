-- Where a login was last seen.
ALTER TABLE "portcullis_login" ADD COLUMN "address" varchar(45) NULL;
