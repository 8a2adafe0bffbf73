"""Points on the map: distances, and the cells into which the engine divides it."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

KM_PER_DEGREE = 111.2
#: The approximate height and width of a cell.
CELL_KM = 0.5
_CELL_DEGREES = CELL_KM / KM_PER_DEGREE


def distance_km(
    latitude: ArrayLike, longitude: ArrayLike, to_latitude: ArrayLike, to_longitude: ArrayLike
) -> NDArray[np.float64]:
    """
    Distances between points in degrees, on the plane that touches the earth there; exact to some metres within a town.
    Arguments broadcast.

    >>> distance_km(55.7558, 37.6173, 55.8058, 37.5150).round(1).tolist()  # from the Kremlin to Sokol
    8.5
    """
    north = np.subtract(to_latitude, latitude)
    middle = np.radians(np.add(latitude, to_latitude) / 2)
    east = (np.subtract(to_longitude, longitude) + 180) % 360 - 180
    return np.asarray(KM_PER_DEGREE * np.hypot(north, east * np.cos(middle)))


def cell_of(latitude: ArrayLike, longitude: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row and column of the cell that contains each point. All cells of a row have the same width in degrees."""
    row = np.floor(np.divide(latitude, _CELL_DEGREES)).astype(np.int64)
    return row, np.floor(np.divide(longitude, _width_of(row))).astype(np.int64)


def cells_around(
    latitude: float, longitude: float, km: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """
    Every cell whose centre is within *km* of a point, and the point's own cell: row, column and distance of the centre.
    """
    own = cell_of(latitude, longitude)
    reach = int(np.ceil(km / CELL_KM)) + 1
    rows = int(own[0]) + np.arange(-reach, reach + 1)
    rows, steps = (grid.ravel() for grid in np.meshgrid(rows, np.arange(-reach, reach + 1), indexing="ij"))
    width = _width_of(rows)
    columns = np.floor(longitude / width).astype(np.int64) + steps
    km_away = distance_km(latitude, longitude, (rows + 0.5) * _CELL_DEGREES, (columns + 0.5) * width)
    is_own = (rows == own[0]) & (columns == own[1])
    km_away = np.where(is_own, 0.0, km_away)
    near = km_away <= km
    return rows[near], columns[near], km_away[near]


def _width_of(row: NDArray[np.int64]) -> NDArray[np.float64]:
    """The width of the row's cells in degrees of longitude."""
    middle = np.clip((np.asarray(row) + 0.5) * _CELL_DEGREES, -89, 89)
    return _CELL_DEGREES / np.cos(np.radians(middle))
