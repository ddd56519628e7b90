import { start } from '../start.tsx';
import { Portal } from './app.tsx';

void start(<Portal />);
