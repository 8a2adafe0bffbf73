"""The version of Leadmatch: of the distribution, the command and the API's document."""

VERSION = "0.2.0"
