"""What MLflow's databases hold beside experiments and runs, and what becomes of it."""

from collections.abc import Mapping
from typing import NamedTuple

from runstone.importer.report import NO_MODELS, NO_PLACE, NO_REGISTRY, NO_TRACES


class Leftover(NamedTuple):
    """A table whose rows are left behind.

    `name` is the column that says which; rows with the values of `ignored` say nothing.
    """

    table: str
    what: str
    reason: str
    name: str | None = None
    ignored: Mapping[str, str] = {}


LEFTOVERS = (
    Leftover("registered_models", "registered models", NO_REGISTRY, "name"),
    Leftover("model_versions", "model versions", NO_REGISTRY, "name", {"current_stage": "Deleted_Internal"}),
    Leftover("registered_model_aliases", "aliases of registered models", NO_REGISTRY, "alias"),
    Leftover("webhooks", "webhooks", NO_REGISTRY, "name"),
    Leftover("logged_models", "logged models", NO_MODELS, "model_id", {"lifecycle_stage": "deleted"}),
    Leftover("trace_info", "traces", NO_TRACES, "request_id"),
    Leftover("assessments", "assessments of traces", NO_TRACES, "name"),
    Leftover("evaluation_datasets", "evaluation datasets", NO_PLACE, "name"),
    Leftover("scorers", "scorers", NO_PLACE, "scorer_name"),
    Leftover("label_schemas", "label schemas", NO_PLACE, "name"),
    Leftover("review_queues", "review queues", NO_PLACE, "name"),
    Leftover("issues", "issues", NO_PLACE, "name"),
    Leftover("endpoints", "gateway endpoints", NO_PLACE, "name"),
    Leftover("model_definitions", "gateway model definitions", NO_PLACE, "name"),
    Leftover("secrets", "gateway secrets", NO_PLACE, "secret_name"),
    Leftover("budget_policies", "gateway budget policies", NO_PLACE),
    Leftover("guardrails", "guardrails", NO_PLACE, "name"),
    Leftover("mcp_servers", "MCP servers", NO_PLACE, "name"),
    Leftover("skills", "skills", NO_PLACE, "name"),
    Leftover("workspaces", "workspaces", NO_PLACE, "name", {"name": "default"}),
    Leftover("entity_associations", "links between traces, prompts and runs", NO_PLACE),
)

INTERNAL = frozenset(
    (
        # read with the runs
        "alembic_version",
        "experiment_tags",
        "latest_metrics",
        "datasets",
        "inputs",
        "input_tags",
        # parts of what is counted above
        "registered_model_tags",
        "model_version_tags",
        "logged_model_metrics",
        "logged_model_params",
        "logged_model_tags",
        "trace_tags",
        "trace_request_metadata",
        "trace_metrics",
        "spans",
        "span_metrics",
        "evaluation_dataset_records",
        "evaluation_dataset_tags",
        "scorer_versions",
        "online_scoring_configs",
        "endpoint_bindings",
        "endpoint_model_mappings",
        "endpoint_tags",
        "guardrail_configs",
        "issue_categories",
        "mcp_access_endpoints",
        "mcp_server_aliases",
        "mcp_server_tags",
        "mcp_server_version_tags",
        "mcp_server_versions",
        "review_queue_items",
        "review_queue_label_schemas",
        "review_queue_users",
        "skill_aliases",
        "skill_tags",
        "skill_version_tags",
        "skill_versions",
        "webhook_events",
        # what MLflow's own processes note for themselves
        "job_locks",
        "jobs",
        "scheduler_leases",
        "sql_assessment_daily_rollups",
        "sql_span_cost_daily_rollups",
        "sql_trace_metric_daily_rollups",
        "sql_trace_rollup_rebuild_queue",
        "sqlite_sequence",
    )
)
"""Tables that hold nothing of their own that could be left behind."""
