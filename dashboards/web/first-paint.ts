import { viewAt } from './model/places.ts'
import { applyTheme } from './theme.ts'

// Runs before the first paint, so that neither a chosen theme nor the view of the address flashes in.
applyTheme()
document.documentElement.dataset['view'] = viewAt(location.pathname)
