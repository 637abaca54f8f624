"""The abstract tests of the OGC standards: for each the test that does it here, or the reason why none does."""

import importlib
import json

import pytest
from conftest import SHARED, get_json

LIST = SHARED / "ogc" / "ets" / "abstract_tests.json"

# Standards and classes that the portal does not declare, by what their tests begin with.
NOT_DECLARED = {
    "features-4-crud ": "the portal is read by programs and written by imports only",
    "features-1 /conf/html/": "one address, one kind of reader: pages are elsewhere",
    "features-1 /conf/oas31/": "the definition is of version 3.0",
    "features-1 /conf/core/fc-md-extent-multi": "an extent has one box and one interval",
    "features-5-schemas /conf/advanced-property-roles/": "dates of a year or month are no JSON Schema date",
    "features-5-schemas /conf/references/": "no property is a reference",
    "features-5-schemas /conf/profile-": "there are no profiles",
    "tiles-1 /conf/dataset-tilesets/": "each collection has tiles of its own",
    "tiles-1 /conf/collections": "a tile has one collection",
    "tiles-1 /conf/datetime/": "time goes by the parameter of features",
    **{f"tiles-1 /conf/{name}/": "tiles are vector tiles" for name in "geojson jpeg netcdf png tiff xml".split()},
}
# Prefix of the standard and class → module, then the abstract tests → tests of that module.
DONE = {
    ("test_ets_core", "features-1 /conf/core/"): {
        "api-definition-op": "test_openapi_document_retrieval",
        "api-definition-success": "test_api_definition_validation",
        "conformance-op conformance-success": "test_conformance_operation_and_response",
        "crs84 fc-links fc-numberMatched fc-numberReturned fc-op fc-response fc-timeStamp": "test_items",
        "fc-bbox-response fc-limit-response fc-time-response": "test_items",
        "f-links f-success": "test_feature_response",
        "f-op": "test_feature_operation",
        "fc-bbox-definition fc-limit-definition fc-time-definition": "test_parameter_definition",
        "fc-md-extent": "test_collections_content",
        "fc-md-items fc-md-items-links": "test_collections_items",
        "fc-md-links": "test_collections_links",
        "fc-md-op": "test_collections_operation",
        "fc-md-success": "test_collections_content",
        "http": "test_http",
        "query-param-invalid": "test_query_param_invalid",
        "query-param-unknown": "test_query_param_unknown",
        "root-op": "test_landing_page_retrieval",
        "root-success": "test_landing_page_validation",
        "sfc-md-op": "test_collection_operation",
        "sfc-md-success": "test_collection_response",
    },
    ("test_responses", "features-1 /conf/geojson/"): {"content": "test_items", "definition": "test_items"},
    ("test_api_documents", "features-1 /conf/oas30/"): {
        "completeness": "test_openapi_lists_every_route_for_programs",
        "exceptions-codes": "test_openapi_has_problem_documents_and_no_422",
        "oas-definition-1": "test_openapi_is_valid_3_0",
        "oas-impl": "test_every_declared_parameter_is_taken",
        "security": "test_openapi_is_valid_3_0",
    },
    ("test_ets_crs", "features-2-crs /conf/crs/"): {
        "bbox-crs-parameter": "test_bbox_in_each_crs_finds_the_same",
        "bbox-crs-parameter-default": "test_bbox_without_its_crs_is_in_the_default_one",
        "bbox-crs-parameter-invalid": "test_bbox_in_an_unknown_crs_is_refused",
        "crs-parameter crs-parameter-transform": "test_features_come_in_each_crs",
        "crs-parameter-default": "test_features_come_in_the_default_crs",
        "crs-parameter-invalid": "test_features_in_an_unknown_crs_are_refused",
        "crs-uri": "test_crs_of_a_collection_are_uris",
        "default-crs": "test_crs_of_a_collection_have_the_default",
        "storageCrs": "test_crs_of_a_collection_have_the_storage_crs",
    },
    ("test_ets_filter", "features-3-filter /conf/"): {
        "queryables/get-conformance queryables-query-parameters/get-conformance": "test_the_class_is_declared",
        "filter/get-conformance features-filter/get-conformance": "test_the_class_is_declared",
        "queryables/get-queryables-uris": "test_get_queryables_uris",
        "queryables/get-queryables": "test_get_queryables",
        "queryables-query-parameters/query-param": "test_query_param",
        "filter/filter-param": "test_filter_param",
        "filter/filter-lang-default": "test_filter_lang_default",
        "filter/expression-construction": "test_expression_construction",
        "filter/get-functions": "test_get_functions",
        "filter/filter-crs-wgs84": "test_filter_crs_wgs84",
        "filter/filter-crs-param": "test_filter_crs_param",
        "features-filter/get-collections features-filter/get-collection": "test_get_collections_and_collection",
        "features-filter/filter-on-items": "test_filter_on_items",
        "features-filter/mixing-expression": "test_mixing_expression",
    },
    ("test_schemas", "features-5-schemas /conf/"): {
        "schemas/basic-schema-inspection": "test_a_schema_is_a_json_schema_with_its_own_address",
        "schemas/role schemas/role-id schemas/property-seq schemas/unit": "test_every_property_is_described",
        "schemas/definition schemas/nullvalues": "test_every_property_is_described",
        "returnables-and-receivables/get-conformance sortables/get-conformance": "test_schemas_are_declared",
        "queryables/get-conformance": "test_schemas_are_declared",
        "returnables-and-receivables/link sortables/link": "test_a_collection_links_to_its_schemas",
        "returnables-and-receivables/op-and-response": "test_a_schema_is_a_json_schema_with_its_own_address",
        "sortables/op-and-response": "test_the_sortables_are_what_sortby_takes",
        "returnables-and-receivables/response-1": "test_the_features_are_as_their_schema_says",
        "returnables-and-receivables/response-2": "test_the_features_are_as_their_schema_says",
        "queryables/link queryables/op-and-response": "test_queryables_are_a_schema_too",
    },
    ("test_ets_tiles", "tiles-1 /conf/"): {
        "core/conformance-success": "test_tiles_are_declared",
        "core/tc-error": "test_tiles_out_of_range_are_refused",
        "core/tc-op core/tc-success mvt/content": "test_tiles_are_answered",
        "core/tc-tilecol-definition core/tc-tilematrix-definition": "test_templates_have_each_part",
        "core/tc-tilerow-definition": "test_templates_have_each_part",
        "geodata-tilesets/desc-links geodata-tilesets/operation": "test_a_collection_links_to_its_tilesets",
        "oas30/completeness": "test_api_definition_lists_the_tiles",
        "tileset/description": "test_lists_of_tilesets",
        "tilesets-list/tileset-links": "test_lists_of_tilesets",
    },
}


def listed():
    """Every abstract test as "standard /conf/…"."""
    if not LIST.exists():
        pytest.skip(f"the list of the abstract tests is not there: {LIST}")
    return [f"{row['part']} {row['test']}" for row in json.loads(LIST.read_text(encoding="utf-8"))]


def done():
    """Abstract test → (module, test)."""
    return {
        prefix + name: (module, test)
        for (module, prefix), tests in DONE.items()
        for names, test in tests.items()
        for name in names.split()
    }


def test_every_abstract_test_is_done_or_does_not_apply():
    wanted = listed()
    assert len(wanted) == 156
    left = [name for name in wanted if name not in done() and not name.startswith(tuple(NOT_DECLARED))]
    assert left == []
    assert set(done()) <= set(wanted)


def test_the_tests_named_are_there():
    for module, test in set(done().values()):
        assert callable(getattr(importlib.import_module(module), test)), (module, test)


def test_no_class_is_declared_without_its_tests(portal):
    """Classes of these standards that are declared and named above as not declared: none."""
    standards = {
        "ogcapi-features-1": "features-1",
        "ogcapi-features-5": "features-5-schemas",
        "ogcapi-tiles-1": "tiles-1",
    }
    for uri in get_json(portal, "/api/conformance")["conformsTo"]:
        standard, _, name = uri.removeprefix("http://www.opengis.net/spec/").partition("/")
        if standard in standards:
            name = f"{standards[standard]} /conf/{name.rsplit('/', 1)[1]}/"
            assert not name.startswith(tuple(NOT_DECLARED)), uri
