"""Settings: ``wagewatch.toml`` in the workspace, overridden by ``WAGEWATCH_*`` variables."""

from __future__ import annotations

import base64
import datetime as dt
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from risk.calendar.spring_festival import eve_after
from risk.indicators import DEFINITIONS, RATES
from risk.locale import Language, text
from risk.tiers import DEFAULT_TIERS, Tiers, TiersOutOfOrder
from risk.unit_kinds import Kind
from risk.watchlist.ranking import Order
from risk.workspace import Workspace
from serving.clock import DEFAULT_TIMEZONE, set_timezone
from serving.errors import CommandError

PREFIX = "WAGEWATCH_"
NESTED = "__"
RENAMED = {"campaign": "campaigns"}
"""Former names of settings and their replacements."""


class SettingsUnreadable(CommandError):
    """The settings file is not TOML."""

    code = "settings_unreadable"


class SettingUnknown(CommandError):
    """No setting has this name."""

    code = "setting_unknown"


class SettingRenamed(CommandError):
    """A setting has another name now; fields: ``setting``, ``replacement``, ``source``."""

    code = "setting_renamed"

    def message(self, language: Language = "en") -> str:
        """Return the message in ``language``, with how to write the replacement."""
        hint = text(f"renamed.{self.fields['setting']}", language)
        return text(f"errors.{self.code}", language, **self.fields, hint=hint)


class SettingsInvalid(CommandError):
    """A value is not allowed; fields: ``setting``, ``found``, ``allowed`` (a key), ``source``."""

    code = "settings_invalid"

    def message(self, language: Language = "en") -> str:
        """Return the message in ``language``."""
        allowed = text(f"allowed.{self.fields['allowed']}", language)
        return text(f"errors.{self.code}", language, **{**self.fields, "allowed": allowed})


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class WorkspaceFile:
    """Marks a setting that names a file in the workspace: a backup holds it."""


Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
TomlFile = Annotated[str, Field(pattern=r"^$|^[\w.-]+\.toml$", max_length=100), WorkspaceFile()]


def _split(value: object) -> object:
    """Split the value of an environment variable, a comma-separated list."""
    if isinstance(value, str):
        return tuple(word.strip() for word in value.split(",") if word.strip())
    return value


class TierSettings(_Section):
    """Lower bound of each tier's probability; below ``yellow`` the tier is blue."""

    red: Share = DEFAULT_TIERS.red
    orange: Share = DEFAULT_TIERS.orange
    yellow: Share = DEFAULT_TIERS.yellow

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        try:
            self.thresholds()
        except TiersOutOfOrder as error:
            raise ValueError(f"{self.red}, {self.orange}, {self.yellow}") from error
        return self

    def thresholds(self) -> Tiers:
        """Return the thresholds as :class:`risk.tiers.Tiers`."""
        return Tiers(red=self.red, orange=self.orange, yellow=self.yellow)


class PolicySettings(_Section):
    """Number of projects on a list and the policy that selects them."""

    capacity: Annotated[int, Field(ge=1, le=100_000)] = 20
    random_share: Annotated[float, Field(ge=0.0, le=0.5, allow_inf_nan=False)] = 0.1
    rest_days: Annotated[int, Field(ge=0, le=3650)] = 30
    order: Order = "probability"
    must_visit: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)] = (
        "correction_overdue",
        "group_complaint_open",
    )


class EmployerSettings(_Section):
    """Lists of employers outside construction."""

    capacity: Annotated[int, Field(ge=1, le=100_000)] = 10


def capacity_of(settings: Settings, kind: Kind) -> int:
    """Return the number of units a list of ``kind`` holds."""
    return settings.policy.capacity if kind == "project" else settings.employers.capacity


class RecordSettings(_Section):
    """Memory limit of the record store in GB; the rest is spilled to disk."""

    memory_gb: Annotated[float, Field(ge=0.25, le=4096, allow_inf_nan=False)] = 4.0


class TrainingSettings(_Section):
    """Hyperparameter search of every training, in trials.

    With ``second_person`` a change of the model on the page or over the API needs another person.
    """

    trials: Annotated[int, Field(ge=0, le=200)] = 0
    second_person: bool = False


class TrackingSettings(_Section):
    """Another MLflow that trained models are copied to; an empty ``uri`` means none."""

    uri: Annotated[str, Field(pattern=r"^$|^(file|sqlite|https?|postgresql|mysql)(\+\w+)?:/")] = ""


class DatabaseSettings(_Section):
    """Service database; an empty ``url`` means SQLite in the workspace."""

    url: Annotated[str, Field(pattern=r"^$|^(sqlite|postgresql)(\+\w+)?://")] = ""


class ServerSettings(_Section):
    """Address and number of worker processes of ``wagewatch serve``."""

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    workers: Annotated[int, Field(ge=1, le=64)] = 1


def _require_timezone(name: str) -> str:
    """Return ``name`` if it is the IANA name of a time zone."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(name) from error
    return name


class OfficeSettings(_Section):
    """Time zone in which the office counts its days, by its IANA name."""

    timezone: Annotated[str, AfterValidator(_require_timezone)] = DEFAULT_TIMEZONE


class IngestSettings(_Section):
    """Records sent over the API."""

    shared_ids: Annotated[
        tuple[Annotated[str, Field(pattern=r"^\d{2,12}$")], ...], NoDecode, BeforeValidator(_split)
    ] = ()


class LimitSettings(_Section):
    """Requests per minute of one user or token; 0 means no limit."""

    per_minute: Annotated[int, Field(ge=0, le=10_000_000)] = 1200


class SessionSettings(_Section):
    """Time after which a browser session ends: without requests, and whatever happens.

    ``second_factor``: whose password alone is not enough.
    """

    idle_minutes: Annotated[int, Field(ge=1, le=1440)] = 60
    total_hours: Annotated[int, Field(ge=1, le=168)] = 12
    second_factor: Literal["optional", "admins", "everyone"] = "optional"


def _signing_secret(secret: SecretStr) -> SecretStr:
    """Return ``secret`` if it is empty or as Standard Webhooks write it."""
    value = secret.get_secret_value()
    if value:
        base64.b64decode(value.removeprefix("whsec_"), validate=True)
    return secret


class RoleSettings(_Section):
    """Whether administration, audit and work are separated (三权分立)."""

    separated: bool = False


class AuditSettings(_Section):
    """Where the daily heads of the audit log go: a file (empty: one in the workspace), syslog,
    and a webhook, signed with ``webhook_secret``.

    ``unwritten``: what happens to reads while entries cannot be stored.
    """

    heads_file: Annotated[str, Field(max_length=1000)] = ""
    unwritten: Literal["refuse", "wait"] = "refuse"
    syslog: Annotated[str, Field(pattern=r"^$|^[^\s:]+:\d{1,5}$")] = ""
    webhook: Annotated[str, Field(pattern=r"^$|^https?://[^\s/]+", max_length=1000)] = ""
    webhook_secret: Annotated[SecretStr, AfterValidator(_signing_secret)] = SecretStr("")


class WebhookSettings(_Section):
    """Where webhooks may go: hosts and networks; addresses of this machine must be among them."""

    allow: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[\w.:/-]+$", max_length=253)], ...],
        NoDecode,
        BeforeValidator(_split),
    ] = ()
    only_allowed: bool = False


class OidcSettings(_Section):
    """Sign-in through an OpenID provider; an empty ``issuer`` means passwords only."""

    issuer: Annotated[str, Field(pattern=r"^$|^https?://")] = ""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    claim: Annotated[str, Field(min_length=1)] = "sub"


class IndicatorSettings(_Section):
    """The rates shown as the eight indicators, in this order.

    Labour cost counts as on time up to ``transfer_days`` after its day; red flags have no grace.
    """

    rates: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)] = RATES
    transfer_days: Annotated[int, Field(ge=0, le=90)] = 0

    @field_validator("rates")
    @classmethod
    def _known(cls, rates: tuple[str, ...]) -> tuple[str, ...]:
        if not rates or len(set(rates)) < len(rates) or not set(rates) <= set(DEFINITIONS):
            raise ValueError(", ".join(rates))
        return rates


class MatterSettings(_Section):
    """Entries that become matters, and the terms of matters in working days."""

    alerts: Annotated[
        tuple[Literal["must", "red", "orange"], ...], NoDecode, BeforeValidator(_split)
    ] = ("must", "red")
    case_days: Annotated[int, Field(ge=1, le=250)] = 60
    finding_days: Annotated[int, Field(ge=1, le=250)] = 15
    complaint_days: Annotated[int, Field(ge=1, le=250)] = 5
    alert_days: Annotated[int, Field(ge=1, le=250)] = 15
    hand_days: Annotated[int, Field(ge=1, le=250)] = 15
    escalate_unit_days: Annotated[int, Field(ge=1, le=250)] = 3
    escalate_leader_days: Annotated[int, Field(ge=1, le=250)] = 10
    recheck_days: Annotated[int, Field(ge=1, le=250)] = 20

    @model_validator(mode="after")
    def _unit_first(self) -> Self:
        if self.escalate_leader_days <= self.escalate_unit_days:
            raise ValueError(f"{self.escalate_unit_days}, {self.escalate_leader_days}")
        return self


class CampaignPlan(_Section):
    """A campaign: dates, region, scope and targets.

    ``stop`` is the last day; ``spring_festival`` means the eve of the next Spring Festival.
    Empty ``sectors`` or ``fundings`` mean all. ``swept`` is the share of projects to be checked;
    ``zero`` lists the counts that are to be zero at the end, which differ from year to year.
    """

    name: Annotated[str, Field(pattern=r"^[\w-]{1,40}$")]
    title: Annotated[str, Field(max_length=60)] = ""
    start: dt.date
    stop: dt.date
    region: Annotated[str, Field(pattern=r"^\d{0,12}$")] = ""
    sectors: tuple[
        Literal["building", "municipal", "transport", "water", "energy", "other"], ...
    ] = ()
    fundings: tuple[Literal["government", "state_owned", "private"], ...] = ()
    units: Annotated[tuple[Literal["projects", "employers"], ...], Field(min_length=1)] = (
        "projects",
        "employers",
    )
    swept: Share = 1.0
    zero: tuple[
        Literal[
            "government_matters",
            "state_owned_matters",
            "old_cases",
            "group_matters",
            "overdue_matters",
        ],
        ...,
    ] = ("government_matters", "state_owned_matters")

    @field_validator("stop", mode="before")
    @classmethod
    def _festival(cls, stop: object, info: ValidationInfo) -> object:
        start = info.data.get("start")
        return eve_after(start) if stop == "spring_festival" and start else stop

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.stop < self.start:
            raise ValueError(f"{self.start}, {self.stop}")
        return self


class BriefingSettings(_Section):
    """Letterhead of briefings: issuing office, addressee, and the form that suits the addressee.

    ``circular`` (通报) goes to subordinates, ``report`` (报告) or ``bulletin`` (专报) to superiors,
    ``letter`` (函) to peers.
    """

    form: Literal["circular", "report", "bulletin", "letter"] = "circular"
    office: Annotated[str, Field(max_length=60)] = ""
    addressee: Annotated[str, Field(max_length=200)] = ""


class LawSettings(_Section):
    """Legal values of the office: a TOML file in the workspace; empty means there is none."""

    values_file: TomlFile = ""


class MapSettings(_Section):
    """Outlines of regions: a GeoJSON file in the workspace; empty means there is none."""

    outlines_file: Annotated[
        str, Field(pattern=r"^$|^[\w.-]+\.(geo)?json$", max_length=100), WorkspaceFile()
    ] = ""


class VisitSettings(_Section):
    """Whether photos of visits retain the place where they were taken."""

    photo_place: bool = False


class DepositSettings(_Section):
    """Local table of deposit rates, and the notice period for expiring guarantees.

    ``rules_file`` is a TOML file in the workspace; empty means there is none.
    """

    rules_file: TomlFile = ""
    warn_days: Annotated[int, Field(ge=1, le=365)] = 60


class LinkSettings(_Section):
    """What happens to complaints whose words are the name of exactly one project.

    ``ask``: a person confirms them; ``link``: they are linked after every import, by the rule that
    ``confirmed_by`` confirmed on ``confirmed_on``.
    """

    equal_names: Literal["ask", "link"] = "ask"
    confirmed_by: Annotated[str, Field(max_length=200)] = ""
    confirmed_on: Annotated[str, Field(pattern=r"^$|^\d{4}-\d{2}-\d{2}$")] = ""

    @model_validator(mode="after")
    def _confirmed(self) -> Self:
        if self.equal_names == "link" and not (self.confirmed_by.strip() and self.confirmed_on):
            raise ValueError(f"{self.equal_names}, {self.confirmed_by!r}, {self.confirmed_on!r}")
        return self


PlaceName = Annotated[str, Field(min_length=1, max_length=50)]
PlaceCode = Annotated[str, Field(pattern=r"^\d{2,12}$")]


class Settings(BaseSettings):
    """All settings of a workspace; see :func:`load_settings`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter=NESTED,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
    )

    language: Language = "zh"
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = 20200501
    tiers: TierSettings = TierSettings()
    policy: PolicySettings = PolicySettings()
    employers: EmployerSettings = EmployerSettings()
    records: RecordSettings = RecordSettings()
    training: TrainingSettings = TrainingSettings()
    tracking: TrackingSettings = TrackingSettings()
    database: DatabaseSettings = DatabaseSettings()
    server: ServerSettings = ServerSettings()
    office: OfficeSettings = OfficeSettings()
    ingest: IngestSettings = IngestSettings()
    limits: LimitSettings = LimitSettings()
    sessions: SessionSettings = SessionSettings()
    roles: RoleSettings = RoleSettings()
    audit: AuditSettings = AuditSettings()
    webhooks: WebhookSettings = WebhookSettings()
    oidc: OidcSettings = OidcSettings()
    indicators: IndicatorSettings = IndicatorSettings()
    campaigns: tuple[CampaignPlan, ...] = ()
    matters: MatterSettings = MatterSettings()
    briefing: BriefingSettings = BriefingSettings()
    deposits: DepositSettings = DepositSettings()
    law: LawSettings = LawSettings()
    links: LinkSettings = LinkSettings()
    map: MapSettings = MapSettings()
    visits: VisitSettings = VisitSettings()
    places: Mapping[PlaceCode, PlaceName] = {}
    sources: Mapping[str, Any] = {}
    """Sections of sources, validated by :mod:`risk.sources.kinds` when they are used."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources in order of precedence: environment, then file."""
        return env_settings, init_settings


def file_settings() -> Iterator[tuple[str, str]]:
    """Yield section and key of every setting that names a file in the workspace."""
    for section, about in Settings.model_fields.items():
        if isinstance(about.annotation, type) and issubclass(about.annotation, _Section):
            for key, field in about.annotation.model_fields.items():
                if any(isinstance(one, WorkspaceFile) for one in field.metadata):
                    yield section, key


def load_settings(workspace: Workspace) -> Settings:
    """Return the settings of ``workspace``, and set the office's time zone of this process.

    Raises:
        WorkspaceMissing: the folder is not a workspace.
        SettingsUnreadable: the file is not TOML.
        SettingRenamed: a setting has its former name.
        SettingUnknown: there is no such setting.
        SettingsInvalid: a value is not allowed.
    """
    workspace.require()
    values = _without_renamed(read_toml(workspace.settings_file), workspace.settings_file)
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise _invalid(error, workspace.settings_file) from error
    except SettingsError as error:
        raise SettingsUnreadable(path=f"{PREFIX}*", detail=str(error)) from error
    set_timezone(settings.office.timezone)
    return settings


def configured(workspace: Workspace) -> tuple[Workspace, Settings]:
    """Return ``workspace`` with the memory limit of its settings, and these.

    Raises as :func:`load_settings`.
    """
    settings = load_settings(workspace)
    return replace(workspace, memory_gb=settings.records.memory_gb), settings


def database_url(workspace: Workspace, settings: Settings) -> str:
    """Return the URL of the service database."""
    return settings.database.url or f"sqlite:///{quote(str(workspace.service_database))}"


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file.

    Raises:
        SettingsUnreadable: the file is not UTF-8 or not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsUnreadable(path=str(path), detail=str(error)) from error


def default_toml() -> str:
    """Return the settings file of a new workspace: every setting, commented out."""
    template = files("serving").joinpath("wagewatch.toml").read_text(encoding="utf-8")
    settings = Settings.model_construct()
    must_visit = "[" + ", ".join(f'"{code}"' for code in settings.policy.must_visit) + "]"
    rates = "[" + ", ".join(f'"{name}"' for name in settings.indicators.rates) + "]"
    alerts = "[" + ", ".join(f'"{name}"' for name in settings.matters.alerts) + "]"
    lists = {"must_visit": must_visit, "rates": rates, "alerts": alerts}
    return template.format(**dict(settings), **lists)


def _without_renamed(values: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return ``values`` without empty sections of former names.

    Older settings files have such a section with all its settings commented out.

    Raises:
        SettingRenamed: a former name has a value, in the file or in the environment.
    """
    for setting, replacement in RENAMED.items():
        variable = f"{PREFIX}{setting}".upper()
        variables = [
            name
            for name in map(str.upper, os.environ)
            if name == variable or name.startswith(f"{variable}{NESTED}")
        ]
        if values.get(setting) or variables:
            source = variables[0] if variables else str(path)
            raise SettingRenamed(setting=setting, replacement=replacement, source=source)
    return {name: value for name, value in values.items() if name not in RENAMED}


def _invalid(error: ValidationError, path: Path) -> SettingsInvalid | SettingUnknown:
    first = error.errors()[0]
    location = [str(part) for part in first["loc"] if not isinstance(part, int)]
    setting = ".".join(location)
    variable = PREFIX + NESTED.join(location).upper()
    source = variable if variable in os.environ else str(path)
    if first["type"] == "extra_forbidden":
        return SettingUnknown(setting=setting, source=source)
    value = first["ctx"]["error"] if first["type"] == "value_error" else repr(first["input"])
    return SettingsInvalid(
        setting=setting, found=value, allowed=setting.replace(".", "_"), source=source
    )
