#!/usr/bin/env node
import { argv, exit } from "node:process";
import { main } from "@portcullis/client/cli";

exit(await main(argv.slice(2), "@statezero/core"));
