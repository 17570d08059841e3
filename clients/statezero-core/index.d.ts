export * from "@portcullis/client";
