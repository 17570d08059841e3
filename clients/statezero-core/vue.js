export * from "@portcullis/client/vue";
