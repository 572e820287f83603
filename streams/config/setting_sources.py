"""Sources of settings besides arguments and plain variables: ``veinte.toml``, and files that contain a secret."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_settings import EnvSettingsSource, InitSettingsSource, PydanticBaseSettingsSource

from streams.config.setting_errors import SECRETS, Unreadable, shown_path, suggestion
from streams.config.setting_types import is_duration

if TYPE_CHECKING:
    from pydantic_settings import BaseSettings

SETTINGS_FILE = "veinte.toml"
ENV_PREFIX = "VEINTE_"

_SERVICE_LINK = re.compile(r"_(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_.+)?)$")
_SERVICE_ADDRESS = re.compile(r"(tcp|udp|sctp)://.*")
"""Kubernetes adds variables to a pod for every service, including ours; they are not unknown settings."""


def read_secret(label: str, path: str) -> str | Unreadable:
    """The secret in the file ``path``, without surrounding white space; ``label`` names the setting in messages."""
    try:
        secret = Path(path).expanduser().read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        return Unreadable(f"{label} = {shown_path(path)}: the file is not text; it must hold the secret in one line")
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        return Unreadable(f"{label} = {shown_path(path)}: cannot be read ({reason}); name a file that holds the secret")
    return secret or Unreadable(f"{label} = {shown_path(path)}: the file is empty; it must hold the secret in one line")


def environment() -> dict[str, str]:
    """The ``VEINTE_*`` variables that are set and not empty, by their names in upper case."""
    return {name.upper(): value for name, value in os.environ.items() if value and name.upper().startswith(ENV_PREFIX)}


def unknown_variables(fields: Iterable[str]) -> list[str]:
    """One sentence for each ``VEINTE_*`` variable that belongs to none of the settings ``fields``."""
    known = {f"{ENV_PREFIX}{name.upper()}" for name in fields} | {
        f"{ENV_PREFIX}{name.upper()}_FILE" for name in SECRETS
    }
    return [
        f"{name}: there is no such setting{suggestion(name, known)}"
        for name, value in sorted(environment().items())
        if name not in known and not _is_service_link(name, value)
    ]


def _is_service_link(name: str, value: str) -> bool:
    if name.endswith("_PORT") and _SERVICE_ADDRESS.fullmatch(value):
        return True
    return _SERVICE_LINK.search(name) is not None


def read_toml(path: Path) -> dict[str, Any] | Unreadable:
    """Tables of a settings file; empty if there is no file."""
    text = ""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        return tomllib.loads(text)
    except FileNotFoundError:
        return {}
    except IsADirectoryError:
        return Unreadable(f"{path} is a directory; it must be a file")
    except UnicodeDecodeError as error:
        return Unreadable(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8")
    except tomllib.TOMLDecodeError as error:
        return Unreadable(f"{path} is not valid TOML: {_place_first(str(error), text)}")
    except RecursionError:
        return Unreadable(f"{path} is not valid TOML: it is nested too deeply")
    except OSError as error:
        return Unreadable(f"{path} cannot be read ({error.strerror})")


class Variables(EnvSettingsSource):
    """``VEINTE_*`` variables; a table (``VEINTE_QUEUES``) is JSON."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        """The table in the JSON text ``value``."""
        try:
            decoded = super().decode_complex_value(field_name, field, value)
        except ValueError as error:
            return Unreadable(f"{ENV_PREFIX}{field_name.upper()} is not valid JSON: {error}")
        _units_required({field_name: decoded}, {field_name: field})
        return decoded


def toml_file(settings_cls: type[BaseSettings]) -> InitSettingsSource:
    """``veinte.toml`` in the current directory; its names are those of the variables, in lower case and without the
    prefix."""
    data = read_toml(Path(SETTINGS_FILE))
    if isinstance(data, Unreadable):
        return InitSettingsSource(settings_cls, {SETTINGS_FILE: data})
    _units_required(data, settings_cls.model_fields)
    for name in SECRETS:
        path = data.pop(f"{name}_file", None)
        if path is not None:
            data.setdefault(name, read_secret(f"{name}_file", str(path)))
    return InitSettingsSource(settings_cls, data)


class SecretFiles(PydanticBaseSettingsSource):
    """Source of secrets in files: ``VEINTE_X_FILE`` names the file of the secret X; ``VEINTE_X`` has precedence."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The secret of one field, or ``None``."""
        variable = f"{ENV_PREFIX}{field_name.upper()}_FILE"
        path = environment().get(variable) if field_name in SECRETS else None
        return (read_secret(variable, path) if path else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        """All secrets read from files."""
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}


def make_sources(
    settings_cls: type[BaseSettings], arguments: PydanticBaseSettingsSource
) -> tuple[PydanticBaseSettingsSource, ...]:
    """The sources of ``settings_cls``, the strongest first."""
    return arguments, Variables(settings_cls), SecretFiles(settings_cls), toml_file(settings_cls)


def _place_first(message: str, text: str) -> str:
    """Error message with its position first: ``line 3, column 5: …`` from the parser's ``… (at line 3, column 5)``."""
    match = re.fullmatch(r"(?s)(.*) \(at (line [0-9]+, column [0-9]+|end of document)\)", message)
    if match is None:
        return message
    place = match[2]
    if place == "end of document":
        lines = text.split("\n")
        place = f"line {len(lines)}, column {len(lines[-1]) + 1}, the end"
    return f"{place}: {match[1]}"


def _units_required(data: dict[str, Any], fields: Mapping[str, FieldInfo]) -> None:
    """Turn bare numbers into text in settings that are durations, so that 20 is refused for its missing unit.

    Tables by name, and lists of tables, are searched recursively.
    """
    for name, field in fields.items():
        value = data.get(name)
        model = _model_inside(field.annotation)
        if model is not None and isinstance(value, dict | list):
            for entry in value.values() if isinstance(value, dict) else [value]:
                for table in entry if isinstance(entry, list) else [entry]:
                    if isinstance(table, dict):
                        _units_required(table, model.model_fields)
        elif isinstance(value, int | float) and is_duration(field.annotation, field.metadata):
            data[name] = str(value)


def _model_inside(annotation: Any) -> type[BaseModel] | None:
    """The model in an annotation: ``QueueSettings`` of ``dict[str, tuple[QueueSettings, ...]]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_inside, get_args(annotation))), None)
