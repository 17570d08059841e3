// For `npx portcullis sync`; the page itself is configured in src/main.ts.
export default {
  backendConfigs: {
    default: {
      API_URL: "http://127.0.0.1:8000/statezero",
      GENERATED_TYPES_DIR: "./src/models/",
    },
  },
};
