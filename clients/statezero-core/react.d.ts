export * from "@portcullis/client/react";
