// Made by `portcullis sync`; what is changed here is lost.
import { Model, registerModel } from "@portcullis/client";

export class Group extends Model {
  static schema = {
    "model_name": "auth.group",
    "title": "Group",
    "plural_title": "Groups",
    "class_name": "Group",
    "primary_key_field": "id",
    "filterable_fields": [],
    "searchable_fields": [],
    "ordering_fields": [],
    "properties": {
      "id": {
        "type": "integer",
        "title": "Id",
        "required": true,
        "description": null,
        "nullable": false,
        "format": "id",
        "max_length": null,
        "choices": null,
        "default": null,
        "validators": [],
        "max_digits": null,
        "decimal_places": null,
        "read_only": true,
        "ref": null
      },
      "name": {
        "type": "string",
        "title": "Name",
        "required": true,
        "description": null,
        "nullable": false,
        "format": null,
        "max_length": 150,
        "choices": null,
        "default": null,
        "validators": [],
        "max_digits": null,
        "decimal_places": null,
        "read_only": false,
        "ref": null
      }
    },
    "relationships": {},
    "default_ordering": null,
    "definitions": {},
    "date_format": "iso-8601",
    "datetime_format": "iso-8601",
    "time_format": "iso-8601",
    "display": null
  };
  static backend = "default";
  static objects = Model.managerOf(this);
}

registerModel("default", Group);
