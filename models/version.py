"""The version of Leadmatch, used by the distribution, the command and the OpenAPI document."""

VERSION = "0.2.0"
