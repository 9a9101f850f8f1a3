"""The operations on logged models.

No store of this version holds any, so that a search finds none. The operation is there because MLflow's client asks it
whenever it lists a folder of a run's artifacts, or downloads one: the answer is that no model shadows that folder.
"""

from runstone.service.core import Service, operation
from runstone.wire import models as wire


@operation
def search_logged_models(
    service: Service, request: wire.SearchLoggedModels
) -> wire.SearchLoggedModelsResponse:
    return wire.SearchLoggedModelsResponse()
